-- seat_insert.sql: a numbered seat of a new zone.
insert into seats (account_id, zone_id, number, label)
values (:account, :zone, :number, :label)
