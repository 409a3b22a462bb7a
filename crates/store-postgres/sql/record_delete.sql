-- record_delete.sql: records or their tombstones expire, and claims that came to nothing are removed.
delete from idempotency as t
where t.account_id = $1::text
  and t.scope = any($2::text[]) and t.key = any($3::text[])   -- found by the whole key
  and exists (
      select
      from unnest(
          $2::text[], $3::text[], $4::bigint[], $5::bigint[]
      ) as k (
          scope, key, was_first_seen_at, was_attempts
      )
      where t.scope = k.scope and t.key = k.key
        -- As it was when it was loaded, where it was: records are not locked until they are written.
        and (k.was_first_seen_at is null
             or (t.first_seen_at = k.was_first_seen_at and t.attempts = k.was_attempts))
  )
