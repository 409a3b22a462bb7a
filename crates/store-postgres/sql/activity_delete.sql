-- activity_delete.sql: the oldest entries of a feed go, a slice of them at once.
delete from activity
where account_id = $1::text
  and position > $2::bigint   -- what went before is not looked for again
  and position <= $3::bigint
