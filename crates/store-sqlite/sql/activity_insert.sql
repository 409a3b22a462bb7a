-- activity_insert.sql: a new entry of a feed.
insert into activity (
    account_id, position, id, type, resource_id, resource_seq, at, actor, request_id,
    correlation_id, before, after, data, schema_version
) values (
    :account, :position, :id, :type, :resource, :resource_seq, :at, :actor, :request_id,
    :correlation_id, :before, :after, :data, :schema_version
)
