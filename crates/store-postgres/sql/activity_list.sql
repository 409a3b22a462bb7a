-- activity_list.sql: entries of an account's feed after one of them, the oldest first.
select account_id, position, id, type, resource_id, resource_seq, at, actor, request_id,
    correlation_id, before, after, data, schema_version
from activity
where account_id = $1::text and position > $2::bigint
order by position
limit $3::bigint
