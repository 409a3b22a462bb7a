-- payment_get_by_reference.sql: which payment has an external reference.
select id
from payments
where account_id = :account and reference = :reference
order by id
limit 1
