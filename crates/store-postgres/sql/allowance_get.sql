-- allowance_get.sql: what a person has taken of an event.
select t.account_id, t.event_id, t.person_id, t.taken
from allowances as t
where t.account_id = $1::text and t.event_id = $2::text and t.person_id = $3::text
