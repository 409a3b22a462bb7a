-- zone_update.sql: a zone as it now is.
update zones
set name = :name, price = :price, seq = :seq
where account_id = :account and id = :id
  -- Where a zone belongs, and whether its units are seats, never changes.
  and event_id = :event and position = :position and currency = :currency and numbered = :numbered
