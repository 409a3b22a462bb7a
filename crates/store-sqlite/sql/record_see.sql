-- record_see.sql: a key was seen again.
update idempotency
set attempts = attempts + :count,
    last_seen_at = case when last_seen_at < :last_seen_at then :last_seen_at else last_seen_at end
where no = :no and account = :account and scope = :scope and key = :key
