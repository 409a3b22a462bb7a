-- zone_insert.sql: a new zone.
insert into zones (
    account_id, id, event_id, position, name, price, currency, numbered, seq
) values (
    :account, :id, :event, :position, :name, :price, :currency, :numbered, :seq
)
