-- delivery_list_pending.sql: deliveries to an endpoint that are not over, in the order of their events.
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay,
    is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries
where account_id = :account and endpoint_id = :endpoint and status = 'pending'
order by position, replay
limit :limit
