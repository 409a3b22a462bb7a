-- key_get_by_hash.sql: the key with this hash, revoked or not.
select k.account_id, k.id, k.hash, k.scopes, k.rate, k.created_at, k.revoked_at, a.mode
from keys k
join accounts a on a.account_id = k.account_id
where k.hash = $1::bytea
