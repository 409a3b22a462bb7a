-- looked_at.sql: how many bookings and events there are, for people who want to see that a backup has them.
select (select count(*) from bookings) as bookings, (select count(*) from events) as events
