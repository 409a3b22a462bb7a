-- Deliveries that are over, in the order in which they were: clean-up takes them away from the oldest on. Of those that
-- are open there is no entry.
create index deliveries_ended on deliveries (ended_at, account_id, id) where ended_at is not null;
