-- booking_lock.sql: bookings, which are locked until the batch ends.
select t.account_id, t.id, t.event_id, t.zone_id, t.person_id, p.user_id, t.quantity, t.seats,
    t.total, t.currency, t.status, t.expires_at, t.created_at, t.confirmed_at, t.ended_at,
    t.confirmation_code, t.cancel_reason, t.payment_id, t.intent_user, t.intent_key, t.seq
from unnest($1::text[], $2::text[]) as k (account_id, id)
join bookings as t on t.account_id = k.account_id and t.id = k.id
left join people as p on p.account_id = t.account_id and p.id = t.person_id
order by t.account_id, t.id   -- all writers lock them in this order
for update of t
