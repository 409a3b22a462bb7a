-- payment_get_by_reference.sql: which payments have external references.
select t.account_id, t.reference, t.id
from unnest($1::text[], $2::text[]) as k (account_id, reference)
join payments as t on t.account_id = k.account_id and t.reference = k.reference
order by t.id desc
