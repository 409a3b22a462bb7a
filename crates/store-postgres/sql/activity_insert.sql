-- activity_insert.sql: new entries of a feed.
insert into activity (
    account_id, position, id, type, resource_id, resource_seq, at, actor, request_id,
    correlation_id, before, after, data, schema_version
)
select f.account_id,
    k.position, k.id, k.type, k.resource_id, k.resource_seq, k.at, k.actor, k.request_id,
    k.correlation_id, k.before, k.after, k.data, k.schema_version
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bigint[]
    ) as k (
        position, id, type, resource_id, resource_seq, at, actor, request_id, correlation_id,
        before, after, data, schema_version
    )
where f.account_id = $1::text
