-- event_zones.sql: the ids of an event's zones, in order.
select id
from zones
where account_id = :account and event_id = :event
order by position
