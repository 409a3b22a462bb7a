-- event_insert.sql: new events.
insert into events (
    account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at,
    sales_close_at, cancellation_policy, created_at, seq
)
select f.account_id,
    k.id, k.name, k.starts_at, k.currency, k.max_per_user, k.hold_seconds, k.sales_open_at,
    k.sales_close_at, k.cancellation_policy, k.created_at, k.seq
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[]
    ) as k (
        id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at,
        cancellation_policy, created_at, seq
    )
where f.account_id = $1::text
