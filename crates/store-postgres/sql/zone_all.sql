-- zone_all.sql: every zone, for the audit.
select account_id, id, event_id, position, name, price, currency, numbered, seq
from zones
