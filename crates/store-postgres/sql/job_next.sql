-- job_next.sql: jobs of a kind, those first that can be leased first: they are due, and nobody has them. Several
-- nodes may find the same: whoever comes second finds them leased.
select account_id, kind, id, greatest(due_at, lease_until) as ready_at
from jobs
where kind = $1::text
order by greatest(due_at, lease_until), account_id, id
limit $2::bigint
