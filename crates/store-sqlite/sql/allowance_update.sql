-- allowance_update.sql: what a person has now taken of an event.
update allowances
set taken = :taken
where person = :person and event = :event
