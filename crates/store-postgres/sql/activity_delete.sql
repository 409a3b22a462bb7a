-- activity_delete.sql: the oldest entries of feeds go, a slice of each at once.
delete from activity as t
using unnest($1::text[], $2::bigint[], $3::bigint[]) as k (account_id, after, position)
where t.account_id = k.account_id
  and t.position > k.after   -- what went before is not looked for again
  and t.position <= k.position
