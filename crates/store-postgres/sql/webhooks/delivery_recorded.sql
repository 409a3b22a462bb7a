-- delivery_recorded.sql: positions behind an endpoint's cursor of which the present replay has a delivery already.
select position
from deliveries
where account_id = $1::text and position > $3::bigint and endpoint_id = $2::text and replay = $4::bigint
order by position
