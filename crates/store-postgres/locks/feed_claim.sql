-- feed_claim.sql: an account's feed gets its row, unless it has it: so that it can be locked, and so
-- that other rows of the account can be inserted where it lies.
insert into feeds (account_id, position)
values ($1::text, 0)
on conflict (account_id) do nothing
