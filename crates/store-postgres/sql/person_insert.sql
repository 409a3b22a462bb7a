-- person_insert.sql: people who were not known. Where another writer was faster, the batch is
-- decided again.
insert into people (account_id, id, user_id, created_at)
select account_id, id, user_id, created_at
from unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[]
) as k (
    account_id, id, user_id, created_at
)
