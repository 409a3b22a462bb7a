-- webhook_due.sql: endpoints of all accounts that nobody has leased and that have something to do: the feed has
-- gone on behind their cursor, or something is due.
select j.account_id, j.id
from jobs as j
join webhook_cursors as c on c.account_id = j.account_id and c.endpoint_id = j.id
join webhook_endpoints as e on e.account_id = j.account_id and e.id = j.id
left join feeds as f on f.account_id = j.account_id
where j.kind = 'webhooks' and j.lease_until <= $1::bigint
    and (j.due_at <= $1::bigint or e.status = 'enabled' and c.position < f.position)
order by greatest(j.due_at, j.lease_until), j.account_id, j.id
limit $2::bigint
