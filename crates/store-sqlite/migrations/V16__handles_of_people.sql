-- What a person is found by is no longer their id: it is drawn, and the keyed hash of what the client calls them has
-- a column of its own. Of whoever was there before, their id is that hash, and nothing has to be said.
drop view all_people;

alter table people add column handle text;

-- Ids that are drawn grow. The others are found as they were.
create unique index people_id on people (id, account) where handle is not null;

create view all_people as
select p.no, a.name as account_id, p.id, p.user_id, p.created_at, p.handle
from people p
left join account_names a on a.no = p.account;

update store_meta set value = '16' where key = 'min_writer_version';
