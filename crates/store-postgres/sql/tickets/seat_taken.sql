-- seat_taken.sql: the numbers of seats that are held or sold, those of a zone in one text: a row for each
-- seat of a large hall would be most of what a batch waits for.
select $1::text as account_id, k.zone_id, t.parts
from unnest($2::text[]) as k (zone_id)
cross join lateral (
    select string_agg(t.part::text, ' ') as parts
    from pools as t
    where t.account_id = $1::text and t.owner_id = k.zone_id
      and t.part > 0   -- part 0 is the whole zone
      and t.held + t.sold > 0
    offset 0
) as t
order by k.zone_id
