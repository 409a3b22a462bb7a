-- activity_insert.sql: a new entry of a feed.
insert into activity (
    no, id, type, resource_id, resource_seq, at, actor, request_id, correlation_id, before, after,
    data, schema_version
) values (
    :no, :id, :kind, :resource_id, :resource_seq, :at, :actor, :request_id, :correlation_id, :before,
    :after, :data, :schema_version
)
