-- What is sold: events, their zones, their numbered seats.
create table events (
    account_id          text collate "C" not null,
    id                  text collate "C" not null,
    name                text collate "C" not null,
    starts_at           bigint not null,
    currency            text not null,
    max_per_user        bigint not null,
    hold_seconds        bigint not null,
    sales_open_at       bigint,
    sales_close_at      bigint,
    cancellation_policy text not null,
    created_at          bigint not null,
    seq                 bigint not null,
    primary key (account_id, id)
);

create table zones (
    account_id text collate "C" not null,
    id         text collate "C" not null,
    event_id   text collate "C" not null,
    position   bigint not null,
    name       text collate "C" not null,
    price      bigint not null,
    currency   text not null,
    numbered   boolean not null,
    seq        bigint not null,
    primary key (account_id, id),
    unique (account_id, event_id, position),
    foreign key (account_id, event_id) references events (account_id, id)
);

create table seats (
    account_id text collate "C" not null,
    zone_id    text collate "C" not null,
    number     bigint not null check (number > 0),
    label      text collate "C" not null,
    primary key (account_id, zone_id, number),
    unique (account_id, zone_id, label),
    foreign key (account_id, zone_id) references zones (account_id, id)
);
