-- allowance_get.sql: what a person has taken of an event.
select taken
from allowances
where account_id = :account and event_id = :event and person_id = :person
