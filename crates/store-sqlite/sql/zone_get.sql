-- zone_get.sql: one zone.
select account_id, id, event_id, position, name, price, currency, numbered, seq
from zones
where account_id = :account and id = :id
