-- job_update.sql: jobs as they now are.
update jobs as t
set due_at = k.due_at, lease_until = k.lease_until, fence = k.fence, attempt = k.attempt
from unnest(
    $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
) as k (
    account_id, kind, due_at, lease_until, fence, attempt
)
where t.account_id = k.account_id and t.kind = k.kind
  and t.fence <= k.fence   -- whoever leased it later has it
