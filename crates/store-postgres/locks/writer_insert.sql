-- writer_insert.sql: a writer's row is there from the beginning, so that it can be locked.
insert into writers (account_id, id, batch_id, last_instant)
values ($1::text, $2::text, null, null)
on conflict (account_id, id) do nothing
