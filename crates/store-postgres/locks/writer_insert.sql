-- writer_insert.sql: a writer's row is there from the beginning, so that it can be locked. An instant
-- that is known from elsewhere is kept in it, so that no batch is earlier.
insert into writers (account_id, id, batch_id, last_instant)
values ($1::text, $2::text, null, $3::bigint)
on conflict (account_id, id) do update
set last_instant = greatest(writers.last_instant, excluded.last_instant)   -- null is less than any
