-- delivery_recorded.sql: positions behind an endpoint's cursor of which the present replay has a delivery already.
select position
from deliveries
where account_id = :account and position > :cursor and endpoint_id = :endpoint and replay = :replay
order by position
