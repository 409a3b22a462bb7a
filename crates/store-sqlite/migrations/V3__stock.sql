-- What there is of it, and who took how much.
create table people (
    account_id text not null,
    id         text not null,
    user_id    text not null,
    created_at integer not null,
    primary key (account_id, id)
) strict, without rowid;

-- Part 0 is the whole zone, others are its numbered seats. A seat that was never taken has no row.
create table pools (
    account_id text not null,
    zone_id    text not null,
    part       integer not null check (part >= 0),
    capacity   integer not null,
    held       integer not null,
    sold       integer not null,
    primary key (account_id, zone_id, part),
    foreign key (account_id, zone_id) references zones (account_id, id),
    -- Nothing is ever sold twice, whatever the program believes.
    check (held >= 0 and sold >= 0 and held + sold <= capacity)
) strict, without rowid;

create table allowances (
    account_id text not null,
    event_id   text not null,
    person_id  text not null,
    taken      integer not null check (taken >= 0),
    primary key (account_id, event_id, person_id),
    foreign key (account_id, event_id) references events (account_id, id),
    foreign key (account_id, person_id) references people (account_id, id)
) strict, without rowid;
