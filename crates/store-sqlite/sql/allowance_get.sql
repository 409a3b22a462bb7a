-- allowance_get.sql: what a person has taken of an event.
select taken
from allowances
where person = :person and event = :event
