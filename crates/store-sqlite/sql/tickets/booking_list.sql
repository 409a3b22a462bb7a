-- booking_list.sql: bookings of an account, newest first: the newest of each status, laid together.
select account_id, id, event_id, zone_id, person_id, user_id, quantity, seats, total, currency,
    status, expires_at, created_at, confirmed_at, ended_at, confirmation_code, cancel_reason,
    payment_id, intent_user, intent_key, seq
from all_bookings
where no in (
    select * from (select no from bookings where account = :account and status = 'reserved'
        and id < :after order by id desc limit :limit)
    union all
    select * from (select no from bookings where account = :account and status = 'confirmed'
        and id < :after order by id desc limit :limit)
    union all
    select * from (select no from bookings where account = :account and status = 'released'
        and id < :after order by id desc limit :limit)
    union all
    select * from (select no from bookings where account = :account and status = 'expired'
        and id < :after order by id desc limit :limit)
    union all
    select * from (select no from bookings where account = :account and status = 'cancelled'
        and id < :after order by id desc limit :limit)
)
order by id desc
limit :limit
