-- account_insert.sql: a new account, unless it is there.
insert into accounts (account_id, name, mode, created_at)
values ($1::text, $2::text, $3::text, $4::bigint)
on conflict (name, mode) do nothing   -- of nodes that start at once, one makes it
