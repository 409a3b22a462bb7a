-- Which store this is, and how far it has come.
create table store_meta (
    key   text collate "C" not null primary key,
    value text not null
);

-- Programs that know no schema as new as this one must not write. A migration that older programs can
-- live with leaves it alone; any other raises it.
insert into store_meta (key, value) values ('min_writer_version', '8');
