-- job_insert.sql: a job that is leased for the first time.
insert into jobs (account_id, kind, due_at, lease_until, fence, attempt)
values (:account, :kind, :due_at, :lease_until, :fence, :attempt)
