-- Tables for plain.sql, and the function for function.sql.
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

-- The reserve in one round trip. The hot row is locked from its update to the commit.
create function plain_reserve(of_key bigint, of_user bigint) returns text language plpgsql as $$
declare
    told text := '{"status":"reserved"}';
begin
    insert into plain_keys (key, answer) values (of_key, told) on conflict do nothing;
    if not found then
        select answer into told from plain_keys where key = of_key;
        return told;
    end if;
    insert into plain_bookings (zone_id, user_id, quantity, status, created_at)
    values (1, of_user, 1, 'reserved', now());
    update plain_zones set available = available - 1 where id = 1 and available > 0;
    if not found then
        raise exception 'nothing is left';
    end if;
    return told;
end $$;
