-- delivery_due.sql: deliveries of all accounts that were over by an instant, in the order in which they were, from a place on.
select account_id, id, ended_at, attempts
from deliveries
where ended_at <= $1::bigint   -- one that is open has no such instant
    and (ended_at, account_id, id) > ($2::bigint, $3::text, $4::text)
order by ended_at, account_id, id
limit $5::bigint
