-- delivery_list.sql: deliveries of an account, newest first, perhaps only those with a status, or of a type.
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay,
    is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries
where account_id = $1::text and id < $4::text
    and ($2::text is null or status = $2::text) and ($3::text is null or event_type = $3::text)
order by id desc
limit $5::bigint
