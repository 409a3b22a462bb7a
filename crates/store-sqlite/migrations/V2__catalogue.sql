-- What is sold: events, their zones, their numbered seats.
create table events (
    account_id          text not null,
    id                  text not null,
    name                text not null,
    starts_at           integer not null,
    currency            text not null,
    max_per_user        integer not null,
    hold_seconds        integer not null,
    sales_open_at       integer,
    sales_close_at      integer,
    cancellation_policy text not null,
    created_at          integer not null,
    seq                 integer not null,
    primary key (account_id, id)
) strict;

create table zones (
    account_id text not null,
    id         text not null,
    event_id   text not null,
    position   integer not null,
    name       text not null,
    price      integer not null,
    currency   text not null,
    numbered   integer not null,
    seq        integer not null,
    primary key (account_id, id),
    unique (account_id, event_id, position),
    foreign key (account_id, event_id) references events (account_id, id)
) strict, without rowid;

create table seats (
    account_id text not null,
    zone_id    text not null,
    number     integer not null check (number > 0),
    label      text not null,
    primary key (account_id, zone_id, number),
    unique (account_id, zone_id, label),
    foreign key (account_id, zone_id) references zones (account_id, id)
) strict, without rowid;
