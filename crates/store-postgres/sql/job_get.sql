-- job_get.sql: jobs, which are locked until the batch ends.
select t.account_id, t.kind, t.due_at, t.lease_until, t.fence, t.attempt
from unnest($1::text[], $2::text[]) as k (account_id, kind)
join jobs as t on t.account_id = k.account_id and t.kind = k.kind
order by t.account_id, t.kind
for update of t
