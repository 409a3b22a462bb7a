-- payment_get_by_reference.sql: which payments have external references.
select t.account_id, t.reference, t.id
from unnest($2::text[]) as k (reference)
join payments as t on t.account_id = $1::text and t.reference = k.reference
order by t.id desc
