-- What a person is found by is no longer their id: it is drawn, and the keyed hash of what the client calls them has
-- a column of its own. Of whoever was there before, their id is that hash, and nothing has to be said.
alter table people add column handle text collate "C";

-- Nobody is made twice, neither by two nodes nor by a batch of an earlier version that had begun before.
create unique index people_handle on people (account_id, coalesce(handle, id));

update store_meta set value = '18' where key = 'min_writer_version';
