-- activity_delete.sql: the oldest entries of a feed go, a slice of them at once.
delete from activity
where no > :after   -- what went before is not looked for again
  and no <= :until
