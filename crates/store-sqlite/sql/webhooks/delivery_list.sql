-- delivery_list.sql: deliveries of an account, newest first, perhaps only those with a status, or of a type.
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay,
    is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries
where account_id = :account and id < :after
    and (:status is null or status = :status) and (:type is null or event_type = :type)
order by id desc
limit :limit
