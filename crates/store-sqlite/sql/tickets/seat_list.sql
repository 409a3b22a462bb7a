-- seat_list.sql: seats of a zone after one of them, with the counters of their pools.
select s.number, s.label, p.capacity, p.held, p.sold
from seats s
left join pools p
    on p.account_id = s.account_id and p.owner_id = s.zone_id and p.part = s.number
where s.account_id = :account and s.zone_id = :zone and s.number > :after
order by s.number
limit :limit
