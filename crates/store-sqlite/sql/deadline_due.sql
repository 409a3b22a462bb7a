-- deadline_due.sql: what is due, in order.
select account_id, due_at, resource_id, kind
from deadlines
where due_at <= :now   -- the deadline itself is too late
order by due_at, account_id, resource_id, kind
limit :limit
