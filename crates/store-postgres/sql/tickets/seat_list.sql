-- seat_list.sql: seats of a zone after one of them, with the counters of their pools.
select s.number, s.label, p.capacity, p.held, p.sold
from seats s
left join lateral (
    select p.capacity, p.held, p.sold
    from pools as p
    where p.account_id = $1::text and p.owner_id = $2::text and p.part = s.number
    offset 0
) as p on true
where s.account_id = $1::text and s.zone_id = $2::text and s.number > $3::bigint
order by s.number
limit $4::bigint
