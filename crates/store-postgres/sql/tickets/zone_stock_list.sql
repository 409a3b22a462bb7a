-- zone_stock_list.sql: an event's zones and the counters of their pools, in order.
select z.account_id, z.id, z.event_id, z.position, z.name, z.price, z.currency, z.numbered,
    z.seq, p.capacity, p.held, p.sold
from zones z
left join lateral (
    select p.capacity, p.held, p.sold
    from pools as p
    where p.account_id = $1::text and p.owner_id = z.id and p.part = 0
    offset 0
) as p on true
where z.account_id = $1::text and z.event_id = $2::text
order by z.position
