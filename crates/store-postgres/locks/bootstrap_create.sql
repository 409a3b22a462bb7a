-- bootstrap_create.sql: the table of that row. It is there before the first migration.
create table if not exists bootstrap (
    id bigint not null primary key
)
