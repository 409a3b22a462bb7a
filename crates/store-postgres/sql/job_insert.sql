-- job_insert.sql: jobs that are leased for the first time.
insert into jobs (account_id, kind, due_at, lease_until, fence, attempt)
select account_id, kind, due_at, lease_until, fence, attempt
from unnest(
    $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]
) as k (
    account_id, kind, due_at, lease_until, fence, attempt
)
