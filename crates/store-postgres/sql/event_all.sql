-- event_all.sql: every event, for the audit.
select account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
from events
