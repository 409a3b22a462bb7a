-- delivery_list_by_endpoint.sql: deliveries to an endpoint, newest first, perhaps only those with a status, or of a type.
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay,
    is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries
where account_id = $1::text and endpoint_id = $2::text and id < $5::text
    and ($3::text is null or status = $3::text) and ($4::text is null or event_type = $4::text)
order by id desc
limit $6::bigint
