-- allowance_insert.sql: the first units that a person takes of an event.
insert into allowances (person, event, taken)
values (:person, :event, :taken)
