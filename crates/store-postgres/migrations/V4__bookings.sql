-- Bookings, the money taken for them, and the money that went back.
create table bookings (
    account_id        text collate "C" not null,
    id                text collate "C" not null,
    event_id          text collate "C" not null,
    zone_id           text collate "C" not null,
    person_id         text collate "C" not null,
    quantity          bigint not null check (quantity > 0),
    seats             text,
    total             bigint not null,
    currency          text not null,
    status            text collate "C" not null,
    expires_at        bigint not null,
    created_at        bigint not null,
    confirmed_at      bigint,
    ended_at          bigint,
    confirmation_code text,
    cancel_reason     text,
    payment_id        text collate "C",
    intent_user       text collate "C",
    intent_key        text collate "C",
    seq               bigint not null,
    primary key (account_id, id),
    foreign key (account_id, event_id) references events (account_id, id),
    foreign key (account_id, zone_id) references zones (account_id, id),
    foreign key (account_id, person_id) references people (account_id, id)
);

create index bookings_event on bookings (account_id, event_id, id);
create index bookings_person on bookings (account_id, person_id, id);
create index bookings_status on bookings (account_id, status, id);
-- Expiry asks for the earliest deadlines of all accounts.
create index bookings_deadline on bookings (expires_at, account_id, id) where status = 'reserved';

create table payments (
    account_id text collate "C" not null,
    id         text collate "C" not null,
    booking_id text collate "C" not null,
    method     text collate "C" not null,
    reference  text collate "C" not null,
    status     text collate "C" not null,
    amount     bigint not null,
    currency   text not null,
    refunded   bigint not null,
    created_at bigint not null,
    seq        bigint not null,
    primary key (account_id, id),
    -- Money that was taken once pays for one booking only.
    unique (account_id, reference, method),
    foreign key (account_id, booking_id) references bookings (account_id, id),
    check (refunded >= 0 and refunded <= amount)
);

create table refunds (
    account_id text collate "C" not null,
    id         text collate "C" not null,
    payment_id text collate "C" not null,
    amount     bigint not null,
    currency   text not null,
    reason     text not null,
    created_at bigint not null,
    primary key (account_id, id),
    foreign key (account_id, payment_id) references payments (account_id, id)
);
