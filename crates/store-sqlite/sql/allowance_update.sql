-- allowance_update.sql: what a person has now taken of an event.
update allowances
set taken = :taken
where account_id = :account and event_id = :event and person_id = :person
