-- attempt_list.sql: attempts of a delivery, the first one first.
select account_id, delivery_id, number, at, millis, response_status, fault, body
from delivery_attempts
where account_id = $1::text and delivery_id = $2::text
order by number
