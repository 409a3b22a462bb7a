-- deadline_due.sql: what is due, in order. Several nodes may find the same: whoever comes second finds it done.
select account_id, due_at, resource_id, kind
from deadlines
where due_at <= $1::bigint   -- the deadline itself is too late
order by due_at, account_id, resource_id, kind
limit $2::bigint
