-- record_delete.sql: a record or its tombstone expires.
delete from idempotency
where no = :no and account = :account and scope = :scope and key = :key
