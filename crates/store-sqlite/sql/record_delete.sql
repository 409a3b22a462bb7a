-- record_delete.sql: a record is forgotten.
delete from idempotency
where account_id = :account and user_id = :user and key = :key
