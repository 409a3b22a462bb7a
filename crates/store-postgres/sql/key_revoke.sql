-- key_revoke.sql: from now on the key opens nothing.
update keys
set revoked_at = coalesce(revoked_at, $2::bigint)   -- the first time counts
where id = $1::text
