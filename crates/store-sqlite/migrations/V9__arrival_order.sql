-- Rows in the order in which they arrive. What is written for each booking only appends: rows have a
-- number that grows, other rows name that number, and what a client chose by chance (who, which key,
-- which reference) is found through `lookups`, where it comes sorted and in large runs.
--
-- The views say the same in the words of the other stores.

-- The numbers of accounts, events, zones and kinds of activity, of which there are few.
create table names (
    no   integer primary key,
    name text not null unique
) strict;

insert into names (name)
select account_id from accounts
union select account_id from events
union select id from events
union select id from zones
union select account_id from people
union select account_id from idempotency
union select account_id from activity
union select type from activity;

-- Where rows are that have to be found by a hash: what is sorted …
create table lookups (
    kind integer not null,
    hash integer not null,
    no   integer not null,
    primary key (kind, hash, no)
) strict, without rowid;

-- … and what came since, a row for each batch.
create table lookup_log (
    no      integer primary key,
    entries blob not null
) strict;

alter table people rename to old_people;
create table people (
    no         integer primary key,
    account    integer not null,
    id         text not null,
    user_id    text not null,
    created_at integer not null
) strict;
insert into people (account, id, user_id, created_at)
select n.no, o.id, o.user_id, o.created_at
from old_people o
join names n on n.name = o.account_id
order by o.created_at, o.account_id, o.id;
create index people_moving on people (id, account);

alter table allowances rename to old_allowances;
create table allowances (
    person integer not null,
    event  integer not null,
    taken  integer not null check (taken >= 0),
    primary key (person, event)
) strict, without rowid;
insert into allowances (person, event, taken)
select p.no, e.no, o.taken
from old_allowances o
join names a on a.name = o.account_id
join names e on e.name = o.event_id
join people p on p.id = o.person_id and p.account = a.no
order by p.no, e.no;

alter table bookings rename to old_bookings;
create table bookings (
    no                integer primary key,
    account           integer not null,
    id                text not null,
    event             integer not null,
    zone              integer not null,
    person            integer not null,
    quantity          integer not null check (quantity > 0),
    seats             text,
    total             integer not null,
    currency          text not null,
    status            text not null,
    expires_at        integer not null,
    created_at        integer not null,
    confirmed_at      integer,
    ended_at          integer,
    confirmation_code text,
    cancel_reason     text,
    payment_id        text,
    intent_user       text,
    intent_key        text,
    seq               integer not null
) strict;
insert into bookings (
    account, id, event, zone, person, quantity, seats, total, currency, status, expires_at,
    created_at, confirmed_at, ended_at, confirmation_code, cancel_reason, payment_id, intent_user,
    intent_key, seq
)
select a.no, o.id, e.no, z.no, p.no, o.quantity, o.seats, o.total, o.currency, o.status,
    o.expires_at, o.created_at, o.confirmed_at, o.ended_at, o.confirmation_code, o.cancel_reason,
    o.payment_id, o.intent_user, o.intent_key, o.seq
from old_bookings o
join names a on a.name = o.account_id
join names e on e.name = o.event_id
join names z on z.name = o.zone_id
join people p on p.id = o.person_id and p.account = a.no
order by o.id, o.account_id;

alter table refunds rename to old_refunds;
create table refunds (
    account_id text not null,
    id         text not null,
    payment_id text not null,
    amount     integer not null,
    currency   text not null,
    reason     text not null,
    created_at integer not null,
    primary key (account_id, id)
) strict;
insert into refunds select * from old_refunds;

alter table payments rename to old_payments;
create table payments (
    no         integer primary key,
    account    integer not null,
    id         text not null,
    booking_id text not null,
    method     text not null,
    reference  text not null,
    status     text not null,
    amount     integer not null,
    currency   text not null,
    refunded   integer not null,
    created_at integer not null,
    seq        integer not null,
    check (refunded >= 0 and refunded <= amount)
) strict;
insert into payments (
    account, id, booking_id, method, reference, status, amount, currency, refunded, created_at, seq
)
select a.no, o.id, o.booking_id, o.method, o.reference, o.status, o.amount, o.currency, o.refunded,
    o.created_at, o.seq
from old_payments o
join names a on a.name = o.account_id
order by o.id, o.account_id;

alter table idempotency rename to old_idempotency;
create table idempotency (
    no            integer primary key,
    account       integer not null,
    user_id       text not null,
    key           text not null,
    fingerprint   blob,
    method        text not null,
    path          text not null,
    state         text not null,
    answer_format integer,
    status        integer,
    content_type  text,
    location      text,
    body          blob,
    resource_id   text,
    first_seen_at integer not null,
    last_seen_at  integer not null,
    attempts      integer not null,
    keep_until    integer
) strict;
insert into idempotency (
    account, user_id, key, fingerprint, method, path, state, answer_format, status, content_type,
    location, body, resource_id, first_seen_at, last_seen_at, attempts, keep_until
)
select a.no, o.user_id, o.key, o.fingerprint, o.method, o.path, o.state, o.answer_format, o.status,
    o.content_type, o.location, o.body, o.resource_id, o.first_seen_at, o.last_seen_at, o.attempts,
    o.keep_until
from old_idempotency o
join names a on a.name = o.account_id
order by o.first_seen_at, o.account_id, o.user_id, o.key;

-- The number of an entry is that of its account, and its position in the lower 40 bits.
alter table activity rename to old_activity;
create table activity (
    no             integer primary key,
    id             text not null,
    type           integer not null,
    resource_id    text not null,
    resource_seq   integer not null,
    at             integer not null,
    actor          text not null,
    request_id     text not null,
    correlation_id text,
    before         text not null,
    after          text not null,
    data           text not null,
    schema_version integer not null
) strict;
insert into activity (
    no, id, type, resource_id, resource_seq, at, actor, request_id, correlation_id, before, after,
    data, schema_version
)
select (a.no << 40) + o.position, o.id, t.no, o.resource_id, o.resource_seq, o.at, o.actor,
    o.request_id, o.correlation_id, o.before, o.after, o.data, o.schema_version
from old_activity o
join names a on a.name = o.account_id
join names t on t.name = o.type
order by 1;

drop index people_moving;
drop table old_activity;
drop table old_idempotency;
drop table old_refunds;
drop table old_payments;
drop table old_bookings;
drop table old_allowances;
drop table old_people;

create unique index bookings_id on bookings (id, account);
create index bookings_event on bookings (event, id);
create index bookings_person on bookings (person, id);
create index bookings_status on bookings (account, status, id);
-- Expiry asks for the earliest deadlines of all accounts.
create index bookings_deadline on bookings (expires_at) where status = 'reserved';
create unique index payments_id on payments (id, account);
create index idempotency_resource on idempotency (resource_id) where resource_id is not null;
create index idempotency_keep on idempotency (keep_until) where keep_until is not null;
create unique index activity_resource on activity (resource_id, resource_seq, (no >> 40));
create index activity_type on activity (type);

create view all_people as
select p.no, a.name as account_id, p.id, p.user_id, p.created_at
from people p
left join names a on a.no = p.account;

create view all_allowances as
select a.name as account_id, e.name as event_id, p.id as person_id, l.taken
from allowances l
left join names e on e.no = l.event
left join people p on p.no = l.person
left join names a on a.no = p.account;

create view all_bookings as
select b.no, b.account, b.event, b.person, a.name as account_id, b.id, e.name as event_id,
    z.name as zone_id, p.id as person_id, p.user_id, b.quantity, b.seats, b.total, b.currency,
    b.status, b.expires_at, b.created_at, b.confirmed_at, b.ended_at, b.confirmation_code,
    b.cancel_reason, b.payment_id, b.intent_user, b.intent_key, b.seq
from bookings b
left join names a on a.no = b.account
left join names e on e.no = b.event
left join names z on z.no = b.zone
left join people p on p.no = b.person;

create view all_payments as
select p.no, a.name as account_id, p.id, p.booking_id, p.method, p.reference, p.status, p.amount,
    p.currency, p.refunded, p.created_at, p.seq
from payments p
left join names a on a.no = p.account;

create view all_idempotency as
select r.no, a.name as account_id, r.user_id, r.key, r.fingerprint, r.method, r.path, r.state,
    r.answer_format, r.status, r.content_type, r.location, r.body, r.resource_id, r.first_seen_at,
    r.last_seen_at, r.attempts, r.keep_until
from idempotency r
left join names a on a.no = r.account;

create view all_activity as
select r.no, a.name as account_id, r.no & 1099511627775 as position, r.id, t.name as type,
    r.resource_id, r.resource_seq, r.at, r.actor, r.request_id, r.correlation_id, r.before, r.after,
    r.data, r.schema_version
from activity r
left join names a on a.no = r.no >> 40
left join names t on t.no = r.type;

update store_meta set value = '9' where key = 'min_writer_version';
