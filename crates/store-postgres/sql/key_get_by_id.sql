-- key_get_by_id.sql: the key with this id, revoked or not.
select k.account_id, k.id, k.hash, k.scopes, k.rate, k.created_at, k.revoked_at, a.mode
from keys k
join accounts a on a.account_id = k.account_id
where k.id = $1::text
