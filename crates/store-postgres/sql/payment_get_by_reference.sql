-- payment_get_by_reference.sql: which payments have external references.
select t.account_id, t.reference, t.id
from payments as t
where t.account_id = $1::text and t.reference = any($2::text[])
order by t.id desc
