-- Whose a key is says the customer's id: 1 as a character, and the id. Keys of earlier releases say what the
-- customer was called, and stay as they are.
drop view all_idempotency;

alter table idempotency rename column user_id to scope;

create view all_idempotency as
select r.no, a.name as account_id, r.scope, r.key, r.fingerprint, r.method, r.path, r.state,
    r.answer_format, r.status, r.content_type, r.location, r.body, r.resource_id, r.first_seen_at,
    r.last_seen_at, r.attempts, r.keep_until
from idempotency r
left join account_names a on a.no = r.account;

update store_meta set value = '17' where key = 'min_writer_version';
