-- seat_taken.sql: the numbers of a zone's seats that are held or sold, in order.
select part
from pools
where account_id = :account and owner_id = :zone
  and part > 0   -- part 0 is the whole zone
  and held + sold > 0
order by part
