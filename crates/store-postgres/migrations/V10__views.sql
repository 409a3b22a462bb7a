-- For people who look with psql: instants as timestamps, bodies as text. The program never reads them.
create view reservation as
select b.account_id, b.id, b.event_id, b.zone_id, p.user_id, b.quantity, b.seats,
    b.total as total_minor, b.currency, b.status, b.intent_key as idempotency_key, b.payment_id,
    to_timestamp(b.created_at / 1000.0) as created_at,
    to_timestamp(b.expires_at / 1000.0) as expires_at,
    to_timestamp(b.confirmed_at / 1000.0) as confirmed_at,
    to_timestamp(b.ended_at / 1000.0) as ended_at,
    b.cancel_reason
from bookings as b
left join people as p on p.account_id = b.account_id and p.id = b.person_id;

create view idempotencyrecord as
select account_id, user_id, key, encode(fingerprint, 'hex') as fingerprint, method, path, state,
    status, convert_from(body, 'UTF8') as body, resource_id, attempts,
    to_timestamp(first_seen_at / 1000.0) as created_at,
    to_timestamp(last_seen_at / 1000.0) as last_seen_at,
    to_timestamp(keep_until / 1000.0) as expires_at
from idempotency;

create view payment as
select account_id, id, booking_id, method, reference, status, amount as amount_minor, currency,
    refunded as refunded_minor, to_timestamp(created_at / 1000.0) as created_at
from payments;

create view booking_history as
select account_id, resource_id as booking_id, resource_seq as seq, type, actor, request_id,
    correlation_id, before, after, to_timestamp(at / 1000.0) as created_at
from activity
where resource_id like 'bkg\_%';
