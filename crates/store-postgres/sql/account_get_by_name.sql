-- account_get_by_name.sql: the account of a name and mode.
select account_id, name, mode, created_at
from accounts
where name = $1::text and mode = $2::text
