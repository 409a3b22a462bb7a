-- Whose a key is says the customer's id: 1 as a character, and the id. Keys of earlier releases say what the
-- customer was called, and stay as they are. The column has a new name, so that a batch of an earlier version that had
-- begun before fails: it would not find what is decided under the new names, nor be found.
alter table idempotency rename column user_id to scope;

alter view idempotencyrecord rename column user_id to scope;

update store_meta set value = '19' where key = 'min_writer_version';
