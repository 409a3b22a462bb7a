-- key_insert.sql: a new secret key, without its secret.
insert into keys (account_id, id, hash, scopes, rate, created_at, revoked_at)
values ($1::text, $2::text, $3::bytea, $4::text, $5::bigint, $6::bigint, $7::bigint)
