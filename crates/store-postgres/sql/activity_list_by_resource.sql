-- activity_list_by_resource.sql: entries about one thing after a position, the oldest first.
select account_id, position, id, type, resource_id, resource_seq, at, actor, request_id,
    correlation_id, before, after, data, schema_version
from activity
where account_id = $1::text and resource_id = $2::text and position > $3::bigint
order by position
limit $4::bigint
