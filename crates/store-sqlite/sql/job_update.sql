-- job_update.sql: a job as it now is.
update jobs
set due_at = :due_at, lease_until = :lease_until, fence = :fence, attempt = :attempt
where account_id = :account and kind = :kind
  and fence <= :fence   -- whoever leased it later has it
