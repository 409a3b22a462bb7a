-- delivery_due.sql: deliveries of all accounts that were over by an instant, in the order in which they were, from a place on.
select account_id, id, ended_at, attempts
from deliveries
where ended_at <= :until   -- one that is open has no such instant
    and (ended_at, account_id, id) > (:ended_at, :account, :id)
order by ended_at, account_id, id
limit :limit
