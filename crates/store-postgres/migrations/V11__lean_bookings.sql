-- A booking's event, zone and person, and an allowance's, are in the transaction that makes it, and none
-- of them is ever deleted. Foreign keys looked each of them up again for each row, which was most of
-- what a booking cost the database. What makes bookings checks it over all its rows at once instead,
-- and `verify` finds rows that name others which are not there.
alter table bookings drop constraint bookings_account_id_event_id_fkey;
alter table bookings drop constraint bookings_account_id_zone_id_fkey;
alter table bookings drop constraint bookings_account_id_person_id_fkey;
alter table allowances drop constraint allowances_account_id_event_id_fkey;
alter table allowances drop constraint allowances_account_id_person_id_fkey;
