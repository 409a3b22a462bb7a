-- A booking's event, zone and person, and an allowance's, are in the transaction that makes it, and none
-- of them is ever deleted. Foreign keys looked each of them up again for each row, which was most of
-- what a booking cost the database. What writes bookings checks it against what the transaction has
-- read, and `verify` finds rows that name others which are not there.
alter table bookings drop constraint bookings_account_id_event_id_fkey;
alter table bookings drop constraint bookings_account_id_zone_id_fkey;
alter table bookings drop constraint bookings_account_id_person_id_fkey;
alter table allowances drop constraint allowances_account_id_event_id_fkey;
alter table allowances drop constraint allowances_account_id_person_id_fkey;

-- Indexes that only find rows need no column that another one implies: ids of events, people and
-- bookings are unique in the whole store.
drop index bookings_event;
drop index bookings_person;
drop index bookings_deadline;
drop index idempotency_resource;
drop index idempotency_keep;
create index bookings_event on bookings (event_id, id);
create index bookings_person on bookings (person_id, id);
create index bookings_deadline on bookings (expires_at) where status = 'reserved';
create index idempotency_resource on idempotency (resource_id) where resource_id is not null;
create index idempotency_keep on idempotency (keep_until) where keep_until is not null;
