-- Accounts have numbers of their own. The number of a feed's entry has room for 2²³ accounts, and those numbers
-- were shared with events and zones, which are many more. Numbers that were given stay.
drop view all_people;
drop view all_allowances;
drop view all_bookings;
drop view all_idempotency;
drop view all_activity;
drop view all_payments;

create table account_names (
    no   integer primary key,
    name text not null unique
) strict;

insert into account_names (no, name)
select no, name
from names
where name glob 'acc_*'
order by no;

delete from names
where name glob 'acc_*';

create view all_people as
select p.no, a.name as account_id, p.id, p.user_id, p.created_at
from people p
left join account_names a on a.no = p.account;

create view all_allowances as
select a.name as account_id, e.name as event_id, p.id as person_id, l.taken
from allowances l
left join names e on e.no = l.event
left join people p on p.no = l.person
left join account_names a on a.no = p.account;

create view all_bookings as
select b.no, b.account, b.event, b.person, a.name as account_id, b.id, e.name as event_id,
    z.name as zone_id, p.id as person_id, p.user_id, b.quantity, b.seats, b.total, b.currency,
    b.status, b.expires_at, b.created_at, b.confirmed_at, b.ended_at, b.confirmation_code,
    b.cancel_reason, b.payment_id, b.intent_user, b.intent_key, b.seq
from bookings b
left join account_names a on a.no = b.account
left join names e on e.no = b.event
left join names z on z.no = b.zone
left join people p on p.no = b.person;

create view all_idempotency as
select r.no, a.name as account_id, r.user_id, r.key, r.fingerprint, r.method, r.path, r.state,
    r.answer_format, r.status, r.content_type, r.location, r.body, r.resource_id, r.first_seen_at,
    r.last_seen_at, r.attempts, r.keep_until
from idempotency r
left join account_names a on a.no = r.account;

create view all_activity as
select r.no, a.name as account_id, r.no & 1099511627775 as position, r.id, t.name as type,
    r.resource_id, r.resource_seq, r.at, r.actor, r.request_id, r.correlation_id, r.before, r.after,
    r.data, r.schema_version
from activity r
left join account_names a on a.no = r.no >> 40
left join names t on t.no = r.type;

create view all_payments as
select p.no, a.name as account_id, p.id, p.resource_id, p.method, p.reference, p.status, p.amount,
    p.currency, p.refunded, p.refund_pending, p.created_at, p.seq
from payments p
left join account_names a on a.no = p.account;

update store_meta set value = '15' where key = 'min_writer_version';
