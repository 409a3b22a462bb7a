-- job_next.sql: jobs of a kind, those first that can be leased first: they are due, and nobody has them.
select account_id, kind, id, max(due_at, lease_until) as ready_at
from jobs
where kind = :kind
order by max(due_at, lease_until), account_id, id
limit :limit
