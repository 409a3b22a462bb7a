-- writer_put.sql: a writer's last batch. Written in the batch's own transaction, it settles a
-- COMMIT whose answer was lost.
insert into writers (account_id, id, batch_id, last_instant)
values ($1::text, $2::text, $3::text, $4::bigint)
on conflict (account_id, id) do update
set batch_id = excluded.batch_id, last_instant = excluded.last_instant
