-- key_insert.sql: a new secret key, without its secret.
insert into keys (account_id, id, hash, scopes, rate, created_at, revoked_at)
values (:account, :id, :hash, :scopes, :rate, :created_at, :revoked_at)
