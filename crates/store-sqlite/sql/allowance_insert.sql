-- allowance_insert.sql: the first units that a person takes of an event.
insert into allowances (account_id, event_id, person_id, taken)
values (:account, :event, :person, :taken)
