-- activity_delete.sql: the oldest entries of a feed go.
delete from activity as t
where t.account_id = $1::text
  and t.position > $2::bigint   -- what went before is not looked for again
  and t.position <= $3::bigint
