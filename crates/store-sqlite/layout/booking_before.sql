-- booking_before.sql: a number that is greater than those of all bookings that come after one in a list,
-- and no greater than its own.
select coalesce(
    (select no from bookings where id = :id and account = :account),
    (select no + 1 from bookings where id < :id order by id desc limit 1),
    0
) as no
