-- person_insert.sql: people who were not known. Where another writer was faster, the batch is
-- decided again.
insert into people (account_id, id, user_id, created_at, handle)
select f.account_id,
    k.id, k.user_id, k.created_at, k.handle
from feeds as f,   -- the account's own row: what is inserted lies where that lies
    unnest(
        $2::text[], $3::text[], $4::bigint[], $5::text[]
    ) as k (
        id, user_id, created_at, handle
    )
where f.account_id = $1::text
