-- zone_stock_get.sql: one zone and the counters of its pool.
select z.account_id, z.id, z.event_id, z.position, z.name, z.price, z.currency, z.numbered,
    z.seq, p.capacity, p.held, p.sold
from zones z
left join pools p on p.account_id = z.account_id and p.owner_id = z.id and p.part = 0
where z.account_id = :account and z.id = :id
