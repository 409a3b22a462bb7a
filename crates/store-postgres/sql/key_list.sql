-- key_list.sql: all keys with their accounts, the newest first.
select k.account_id, k.id, k.hash, k.scopes, k.rate, k.created_at, k.revoked_at,
    a.name, a.mode, a.created_at as account_created_at
from keys k
join accounts a on a.account_id = k.account_id
order by k.id desc
