-- job_get.sql: one job.
select due_at, lease_until, fence, attempt
from jobs
where account_id = :account and kind = :kind
