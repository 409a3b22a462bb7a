-- delivery_list_by_event.sql: deliveries of an event, in the order in which they were begun.
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay,
    is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries
where account_id = $1::text and position = $2::bigint
order by endpoint_id, replay
