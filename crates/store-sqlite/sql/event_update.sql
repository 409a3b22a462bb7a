-- event_update.sql: an event as it now is.
update events
set name = :name, starts_at = :starts_at, max_per_user = :max_per_user,
    hold_seconds = :hold_seconds, sales_open_at = :sales_open_at,
    sales_close_at = :sales_close_at, cancellation_policy = :cancellation_policy, seq = :seq
where account_id = :account and id = :id
  -- All prices are in this currency; it never changes.
  and currency = :currency and created_at = :created_at
