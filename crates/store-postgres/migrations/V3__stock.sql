-- What there is of it, and who took how much.
create table people (
    account_id text collate "C" not null,
    id         text collate "C" not null,
    user_id    text collate "C" not null,
    created_at bigint not null,
    primary key (account_id, id)
);

-- Part 0 is the whole zone, others are its numbered seats. A seat that was never taken has no row.
create table pools (
    account_id text collate "C" not null,
    zone_id    text collate "C" not null,
    part       bigint not null check (part >= 0),
    capacity   bigint not null,
    held       bigint not null,
    sold       bigint not null,
    primary key (account_id, zone_id, part),
    foreign key (account_id, zone_id) references zones (account_id, id),
    -- Nothing is ever sold twice, whatever the program believes.
    check (held >= 0 and sold >= 0 and held + sold <= capacity)
);

create table allowances (
    account_id text collate "C" not null,
    event_id   text collate "C" not null,
    person_id  text collate "C" not null,
    taken      bigint not null check (taken >= 0),
    primary key (account_id, event_id, person_id),
    foreign key (account_id, event_id) references events (account_id, id),
    foreign key (account_id, person_id) references people (account_id, id)
);
