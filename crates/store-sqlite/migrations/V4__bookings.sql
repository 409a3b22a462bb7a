-- Bookings, the money taken for them, and the money that went back.
create table bookings (
    account_id        text not null,
    id                text not null,
    event_id          text not null,
    zone_id           text not null,
    person_id         text not null,
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
    seq               integer not null,
    primary key (account_id, id),
    foreign key (account_id, event_id) references events (account_id, id),
    foreign key (account_id, zone_id) references zones (account_id, id),
    foreign key (account_id, person_id) references people (account_id, id)
) strict;

create index bookings_event on bookings (account_id, event_id, id);
create index bookings_person on bookings (account_id, person_id, id);
create index bookings_status on bookings (account_id, status, id);
-- Expiry asks for the earliest deadlines of all accounts.
create index bookings_deadline on bookings (expires_at, account_id, id) where status = 'reserved';

create table payments (
    account_id text not null,
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
    primary key (account_id, id),
    -- Money that was taken once pays for one booking only.
    unique (account_id, reference, method),
    foreign key (account_id, booking_id) references bookings (account_id, id),
    check (refunded >= 0 and refunded <= amount)
) strict;

create table refunds (
    account_id text not null,
    id         text not null,
    payment_id text not null,
    amount     integer not null,
    currency   text not null,
    reason     text not null,
    created_at integer not null,
    primary key (account_id, id),
    foreign key (account_id, payment_id) references payments (account_id, id)
) strict;
