-- payment_get_by_reference.sql: which payments have references.
select t.account_id, t.method, t.reference, t.id
from unnest($2::text[], $3::text[]) as k (method, reference)
cross join lateral (
    select *
    from payments as t
    where t.account_id = $1::text and t.reference = k.reference and t.method = k.method
    offset 0
) as t
