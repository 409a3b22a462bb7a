-- Tables for plain.sql.
create table plain_zones (id bigint primary key, available bigint not null check (available >= 0));
create table plain_keys (key bigint primary key, answer text not null);
create table plain_bookings (
    id         bigint generated always as identity primary key,
    zone_id    bigint not null references plain_zones (id),
    user_id    bigint not null,
    quantity   bigint not null,
    status     text not null,
    created_at timestamptz not null
);
insert into plain_zones (id, available) values (1, 1000000000);
