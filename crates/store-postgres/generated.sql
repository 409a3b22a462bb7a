-- deadline_get
select t.due_at, t.account_id, t.resource_id, t.kind
from (select * from unnest($2::bigint[], $3::text[], $4::text[]) as k (due_at, resource_id, kind) order by k.due_at, k.resource_id, k.kind) as k
cross join lateral (
    select *
    from deadlines as t
    where t.account_id = $1::text and t.due_at = k.due_at and t.resource_id = k.resource_id and t.kind = k.kind
    offset 0
) as t;

-- deadline_lock
select t.due_at, t.account_id, t.resource_id, t.kind
from (select * from unnest($2::bigint[], $3::text[], $4::text[]) as k (due_at, resource_id, kind) order by k.due_at, k.resource_id, k.kind) as k
cross join lateral (
    select *
    from deadlines as t
    where t.account_id = $1::text and t.due_at = k.due_at and t.resource_id = k.resource_id and t.kind = k.kind
    for update
) as t;

-- deadline_all
select due_at, account_id, resource_id, kind
from deadlines;

-- deadline_insert
insert into deadlines (account_id, due_at, resource_id, kind)
select f.account_id, k.due_at, k.resource_id, k.kind
from feeds as f, unnest($2::bigint[], $3::text[], $4::text[]) as k (due_at, resource_id, kind)
where f.account_id = $1::text;

-- deadline_delete
delete from deadlines as t
using unnest($2::bigint[], $3::text[], $4::text[]) as k (due_at, resource_id, kind)
cross join lateral (
    select t.ctid as place
    from deadlines as t
    where t.account_id = $1::text and t.due_at = k.due_at and t.resource_id = k.resource_id and t.kind = k.kind
    offset 0
) as found
where t.account_id = $1::text and t.ctid = found.place;

-- delivery_get
select t.account_id, t.id, t.endpoint_id, t.position, t.event_id, t.event_type, t.resource_id, t.resource_seq, t.replay, t.is_replayed, t.status, t.attempts, t.scheduled_attempts, t.due_at, t.created_at, t.ended_at
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from deliveries as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t;

-- delivery_lock
select t.account_id, t.id, t.endpoint_id, t.position, t.event_id, t.event_type, t.resource_id, t.resource_seq, t.replay, t.is_replayed, t.status, t.attempts, t.scheduled_attempts, t.due_at, t.created_at, t.ended_at
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from deliveries as t
    where t.account_id = $1::text and t.id = k.id
    for update
) as t;

-- delivery_all
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries;

-- delivery_insert
insert into deliveries (account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at)
select f.account_id, k.id, k.endpoint_id, k.position, k.event_id, k.event_type, k.resource_id, k.resource_seq, k.replay, k.is_replayed, k.status, k.attempts, k.scheduled_attempts, k.due_at, k.created_at, k.ended_at
from feeds as f, unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::boolean[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[]) as k (id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at)
where f.account_id = $1::text;

-- delivery_update
insert into deliveries (account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at)
select t.account_id, k.id, k.endpoint_id, k.position, k.event_id, k.event_type, k.resource_id, k.resource_seq, k.replay, k.is_replayed, k.status, k.attempts, k.scheduled_attempts, k.due_at, k.created_at, k.ended_at
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::boolean[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[]) as k (id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at)
cross join lateral (
    select t.account_id
    from deliveries as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set status = excluded.status, attempts = excluded.attempts, scheduled_attempts = excluded.scheduled_attempts, due_at = excluded.due_at, ended_at = excluded.ended_at
where deliveries.endpoint_id is not distinct from excluded.endpoint_id
  and deliveries.position is not distinct from excluded.position
  and deliveries.event_id is not distinct from excluded.event_id
  and deliveries.event_type is not distinct from excluded.event_type
  and deliveries.resource_id is not distinct from excluded.resource_id
  and deliveries.resource_seq is not distinct from excluded.resource_seq
  and deliveries.replay is not distinct from excluded.replay
  and deliveries.is_replayed is not distinct from excluded.is_replayed
  and deliveries.attempts <= excluded.attempts
  and deliveries.created_at is not distinct from excluded.created_at;

-- delivery_delete
delete from deliveries as t
using unnest($2::text[]) as k (id)
cross join lateral (
    select t.ctid as place
    from deliveries as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as found
where t.account_id = $1::text and t.ctid = found.place;

-- delivery_attempt_get
select t.account_id, t.delivery_id, t.number, t.at, t.millis, t.response_status, t.fault, t.body
from (select * from unnest($2::text[], $3::bigint[]) as k (delivery_id, number) order by k.delivery_id, k.number) as k
cross join lateral (
    select *
    from delivery_attempts as t
    where t.account_id = $1::text and t.delivery_id = k.delivery_id and t.number = k.number
    offset 0
) as t;

-- delivery_attempt_lock
select t.account_id, t.delivery_id, t.number, t.at, t.millis, t.response_status, t.fault, t.body
from (select * from unnest($2::text[], $3::bigint[]) as k (delivery_id, number) order by k.delivery_id, k.number) as k
cross join lateral (
    select *
    from delivery_attempts as t
    where t.account_id = $1::text and t.delivery_id = k.delivery_id and t.number = k.number
    for update
) as t;

-- delivery_attempt_all
select account_id, delivery_id, number, at, millis, response_status, fault, body
from delivery_attempts;

-- delivery_attempt_insert
insert into delivery_attempts (account_id, delivery_id, number, at, millis, response_status, fault, body)
select f.account_id, k.delivery_id, k.number, k.at, k.millis, k.response_status, k.fault, k.body
from feeds as f, unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bytea[]) as k (delivery_id, number, at, millis, response_status, fault, body)
where f.account_id = $1::text;

-- delivery_attempt_delete
delete from delivery_attempts as t
using unnest($2::text[], $3::bigint[]) as k (delivery_id, number)
cross join lateral (
    select t.ctid as place
    from delivery_attempts as t
    where t.account_id = $1::text and t.delivery_id = k.delivery_id and t.number = k.number
    offset 0
) as found
where t.account_id = $1::text and t.ctid = found.place;

-- endpoint_count_get
select t.account_id, t.endpoints
from endpoint_counts as t
where t.account_id = $1::text;

-- endpoint_count_lock
select t.account_id, t.endpoints
from endpoint_counts as t
where t.account_id = $1::text
for update of t;

-- endpoint_count_all
select account_id, endpoints
from endpoint_counts;

-- endpoint_count_insert
insert into endpoint_counts (account_id, endpoints)
select f.account_id, k.endpoints
from feeds as f, unnest($2::bigint[]) as k (endpoints)
where f.account_id = $1::text;

-- endpoint_count_update
insert into endpoint_counts (account_id, endpoints)
select t.account_id, k.endpoints
from unnest($2::bigint[]) as k (endpoints)
cross join lateral (
    select t.account_id
    from endpoint_counts as t
    where t.account_id = $1::text
    offset 0
) as t
on conflict (account_id) do update
set endpoints = excluded.endpoints;

-- event_get
select t.account_id, t.id, t.name, t.starts_at, t.currency, t.max_per_user, t.hold_seconds, t.sales_open_at, t.sales_close_at, t.cancellation_policy, t.created_at, t.seq
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from events as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t;

-- event_lock
select t.account_id, t.id, t.name, t.starts_at, t.currency, t.max_per_user, t.hold_seconds, t.sales_open_at, t.sales_close_at, t.cancellation_policy, t.created_at, t.seq
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from events as t
    where t.account_id = $1::text and t.id = k.id
    for update
) as t;

-- event_all
select account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq
from events;

-- event_insert
insert into events (account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq)
select f.account_id, k.id, k.name, k.starts_at, k.currency, k.max_per_user, k.hold_seconds, k.sales_open_at, k.sales_close_at, k.cancellation_policy, k.created_at, k.seq
from feeds as f, unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[]) as k (id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq)
where f.account_id = $1::text;

-- event_update
insert into events (account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq)
select t.account_id, k.id, k.name, k.starts_at, k.currency, k.max_per_user, k.hold_seconds, k.sales_open_at, k.sales_close_at, k.cancellation_policy, k.created_at, k.seq
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[]) as k (id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq)
cross join lateral (
    select t.account_id
    from events as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set name = excluded.name, starts_at = excluded.starts_at, max_per_user = excluded.max_per_user, hold_seconds = excluded.hold_seconds, sales_open_at = excluded.sales_open_at, sales_close_at = excluded.sales_close_at, cancellation_policy = excluded.cancellation_policy, seq = excluded.seq
where events.currency is not distinct from excluded.currency
  and events.created_at is not distinct from excluded.created_at;

-- job_get
select t.account_id, t.kind, t.id, t.due_at, t.lease_until, t.fence, t.attempt, t.payload_version, t.payload
from (select * from unnest($2::text[], $3::text[]) as k (kind, id) order by k.kind, k.id) as k
cross join lateral (
    select *
    from jobs as t
    where t.account_id = $1::text and t.kind = k.kind and t.id = k.id
    offset 0
) as t;

-- job_lock
select t.account_id, t.kind, t.id, t.due_at, t.lease_until, t.fence, t.attempt, t.payload_version, t.payload
from (select * from unnest($2::text[], $3::text[]) as k (kind, id) order by k.kind, k.id) as k
cross join lateral (
    select *
    from jobs as t
    where t.account_id = $1::text and t.kind = k.kind and t.id = k.id
    for update
) as t;

-- job_all
select account_id, kind, id, due_at, lease_until, fence, attempt, payload_version, payload
from jobs;

-- job_insert
insert into jobs (account_id, kind, id, due_at, lease_until, fence, attempt, payload_version, payload)
select f.account_id, k.kind, k.id, k.due_at, k.lease_until, k.fence, k.attempt, k.payload_version, k.payload
from feeds as f, unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[]) as k (kind, id, due_at, lease_until, fence, attempt, payload_version, payload)
where f.account_id = $1::text;

-- job_update
insert into jobs (account_id, kind, id, due_at, lease_until, fence, attempt, payload_version, payload)
select t.account_id, k.kind, k.id, k.due_at, k.lease_until, k.fence, k.attempt, k.payload_version, k.payload
from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[]) as k (kind, id, due_at, lease_until, fence, attempt, payload_version, payload)
cross join lateral (
    select t.account_id
    from jobs as t
    where t.account_id = $1::text and t.kind = k.kind and t.id = k.id
    offset 0
) as t
on conflict (account_id, kind, id) do update
set due_at = excluded.due_at, lease_until = excluded.lease_until, fence = excluded.fence, attempt = excluded.attempt, payload_version = excluded.payload_version, payload = excluded.payload
where jobs.fence <= excluded.fence;

-- job_delete
delete from jobs as t
using unnest($2::text[], $3::text[]) as k (kind, id)
cross join lateral (
    select t.ctid as place
    from jobs as t
    where t.account_id = $1::text and t.kind = k.kind and t.id = k.id
    offset 0
) as found
where t.account_id = $1::text and t.ctid = found.place;

-- refund_get
select t.account_id, t.id, t.payment_id, t.amount, t.currency, t.reason, t.status, t.reference, t.created_at, t.ended_at
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from refunds as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t;

-- refund_lock
select t.account_id, t.id, t.payment_id, t.amount, t.currency, t.reason, t.status, t.reference, t.created_at, t.ended_at
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from refunds as t
    where t.account_id = $1::text and t.id = k.id
    for update
) as t;

-- refund_all
select account_id, id, payment_id, amount, currency, reason, status, reference, created_at, ended_at
from refunds;

-- refund_insert
insert into refunds (account_id, id, payment_id, amount, currency, reason, status, reference, created_at, ended_at)
select f.account_id, k.id, k.payment_id, k.amount, k.currency, k.reason, k.status, k.reference, k.created_at, k.ended_at
from feeds as f, unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[]) as k (id, payment_id, amount, currency, reason, status, reference, created_at, ended_at)
where f.account_id = $1::text;

-- refund_update
insert into refunds (account_id, id, payment_id, amount, currency, reason, status, reference, created_at, ended_at)
select t.account_id, k.id, k.payment_id, k.amount, k.currency, k.reason, k.status, k.reference, k.created_at, k.ended_at
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[]) as k (id, payment_id, amount, currency, reason, status, reference, created_at, ended_at)
cross join lateral (
    select t.account_id
    from refunds as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set status = excluded.status, reference = excluded.reference, ended_at = excluded.ended_at
where refunds.payment_id is not distinct from excluded.payment_id
  and refunds.amount is not distinct from excluded.amount
  and refunds.currency is not distinct from excluded.currency
  and refunds.reason is not distinct from excluded.reason
  and refunds.created_at is not distinct from excluded.created_at;

-- seat_get
select t.account_id, t.zone_id, t.number, t.label
from (select * from unnest($2::text[], $3::bigint[]) as k (zone_id, number) order by k.zone_id, k.number) as k
cross join lateral (
    select *
    from seats as t
    where t.account_id = $1::text and t.zone_id = k.zone_id and t.number = k.number
    offset 0
) as t;

-- seat_lock
select t.account_id, t.zone_id, t.number, t.label
from (select * from unnest($2::text[], $3::bigint[]) as k (zone_id, number) order by k.zone_id, k.number) as k
cross join lateral (
    select *
    from seats as t
    where t.account_id = $1::text and t.zone_id = k.zone_id and t.number = k.number
    for update
) as t;

-- seat_all
select account_id, zone_id, number, label
from seats;

-- seat_insert
insert into seats (account_id, zone_id, number, label)
select f.account_id, k.zone_id, k.number, k.label
from feeds as f, unnest($2::text[], $3::bigint[], $4::text[]) as k (zone_id, number, label)
where f.account_id = $1::text;

-- webhook_cursor_get
select t.account_id, t.endpoint_id, t.position, t.replay, t.replayed_until, t.version
from (select * from unnest($2::text[]) as k (endpoint_id) order by k.endpoint_id) as k
cross join lateral (
    select *
    from webhook_cursors as t
    where t.account_id = $1::text and t.endpoint_id = k.endpoint_id
    offset 0
) as t;

-- webhook_cursor_lock
select t.account_id, t.endpoint_id, t.position, t.replay, t.replayed_until, t.version
from (select * from unnest($2::text[]) as k (endpoint_id) order by k.endpoint_id) as k
cross join lateral (
    select *
    from webhook_cursors as t
    where t.account_id = $1::text and t.endpoint_id = k.endpoint_id
    for update
) as t;

-- webhook_cursor_all
select account_id, endpoint_id, position, replay, replayed_until, version
from webhook_cursors;

-- webhook_cursor_insert
insert into webhook_cursors (account_id, endpoint_id, position, replay, replayed_until, version)
select f.account_id, k.endpoint_id, k.position, k.replay, k.replayed_until, k.version
from feeds as f, unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) as k (endpoint_id, position, replay, replayed_until, version)
where f.account_id = $1::text;

-- webhook_cursor_update
insert into webhook_cursors (account_id, endpoint_id, position, replay, replayed_until, version)
select t.account_id, k.endpoint_id, k.position, k.replay, k.replayed_until, k.version
from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) as k (endpoint_id, position, replay, replayed_until, version)
cross join lateral (
    select t.account_id
    from webhook_cursors as t
    where t.account_id = $1::text and t.endpoint_id = k.endpoint_id
    offset 0
) as t
on conflict (account_id, endpoint_id) do update
set position = excluded.position, replay = excluded.replay, replayed_until = excluded.replayed_until, version = excluded.version
where webhook_cursors.replay <= excluded.replay
  and webhook_cursors.replayed_until <= excluded.replayed_until
  and webhook_cursors.version <= excluded.version;

-- webhook_cursor_delete
delete from webhook_cursors as t
using unnest($2::text[]) as k (endpoint_id)
cross join lateral (
    select t.ctid as place
    from webhook_cursors as t
    where t.account_id = $1::text and t.endpoint_id = k.endpoint_id
    offset 0
) as found
where t.account_id = $1::text and t.ctid = found.place;

-- webhook_endpoint_get
select t.account_id, t.id, t.url, t.event_types, t.description, t.status, t.disabled_reason, t.secret_generation, t.secret_derived_from, t.rotated_generation, t.rotated_derived_from, t.rotated_until, t.failing_since, t.created_at, t.seq
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from webhook_endpoints as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t;

-- webhook_endpoint_lock
select t.account_id, t.id, t.url, t.event_types, t.description, t.status, t.disabled_reason, t.secret_generation, t.secret_derived_from, t.rotated_generation, t.rotated_derived_from, t.rotated_until, t.failing_since, t.created_at, t.seq
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from webhook_endpoints as t
    where t.account_id = $1::text and t.id = k.id
    for update
) as t;

-- webhook_endpoint_all
select account_id, id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq
from webhook_endpoints;

-- webhook_endpoint_insert
insert into webhook_endpoints (account_id, id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq)
select f.account_id, k.id, k.url, k.event_types, k.description, k.status, k.disabled_reason, k.secret_generation, k.secret_derived_from, k.rotated_generation, k.rotated_derived_from, k.rotated_until, k.failing_since, k.created_at, k.seq
from feeds as f, unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[]) as k (id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq)
where f.account_id = $1::text;

-- webhook_endpoint_update
insert into webhook_endpoints (account_id, id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq)
select t.account_id, k.id, k.url, k.event_types, k.description, k.status, k.disabled_reason, k.secret_generation, k.secret_derived_from, k.rotated_generation, k.rotated_derived_from, k.rotated_until, k.failing_since, k.created_at, k.seq
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[]) as k (id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq)
cross join lateral (
    select t.account_id
    from webhook_endpoints as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set url = excluded.url, event_types = excluded.event_types, description = excluded.description, status = excluded.status, disabled_reason = excluded.disabled_reason, secret_generation = excluded.secret_generation, secret_derived_from = excluded.secret_derived_from, rotated_generation = excluded.rotated_generation, rotated_derived_from = excluded.rotated_derived_from, rotated_until = excluded.rotated_until, failing_since = excluded.failing_since, seq = excluded.seq
where webhook_endpoints.secret_generation <= excluded.secret_generation
  and webhook_endpoints.created_at is not distinct from excluded.created_at
  and webhook_endpoints.seq <= excluded.seq;

-- webhook_endpoint_delete
delete from webhook_endpoints as t
using unnest($2::text[]) as k (id)
cross join lateral (
    select t.ctid as place
    from webhook_endpoints as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as found
where t.account_id = $1::text and t.ctid = found.place;

-- zone_get
select t.account_id, t.id, t.event_id, t.position, t.name, t.price, t.currency, t.numbered, t.seq
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from zones as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t;

-- zone_lock
select t.account_id, t.id, t.event_id, t.position, t.name, t.price, t.currency, t.numbered, t.seq
from (select * from unnest($2::text[]) as k (id) order by k.id) as k
cross join lateral (
    select *
    from zones as t
    where t.account_id = $1::text and t.id = k.id
    for update
) as t;

-- zone_all
select account_id, id, event_id, position, name, price, currency, numbered, seq
from zones;

-- zone_insert
insert into zones (account_id, id, event_id, position, name, price, currency, numbered, seq)
select f.account_id, k.id, k.event_id, k.position, k.name, k.price, k.currency, k.numbered, k.seq
from feeds as f, unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::boolean[], $9::bigint[]) as k (id, event_id, position, name, price, currency, numbered, seq)
where f.account_id = $1::text;

-- zone_update
insert into zones (account_id, id, event_id, position, name, price, currency, numbered, seq)
select t.account_id, k.id, k.event_id, k.position, k.name, k.price, k.currency, k.numbered, k.seq
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::boolean[], $9::bigint[]) as k (id, event_id, position, name, price, currency, numbered, seq)
cross join lateral (
    select t.account_id
    from zones as t
    where t.account_id = $1::text and t.id = k.id
    offset 0
) as t
on conflict (account_id, id) do update
set name = excluded.name, price = excluded.price, seq = excluded.seq
where zones.event_id is not distinct from excluded.event_id
  and zones.position is not distinct from excluded.position
  and zones.currency is not distinct from excluded.currency
  and zones.numbered is not distinct from excluded.numbered;

