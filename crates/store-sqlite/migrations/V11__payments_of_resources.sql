-- Payments are for whatever is sold, and say how much of them is still to go back. Refunds have a state of
-- their own: until now all of them were the merchant's to carry out, who has not said so.
drop view all_payments;
alter table payments rename column booking_id to resource_id;
alter table payments add column refund_pending integer not null default 0
check (refund_pending >= 0 and refund_pending <= refunded);
update payments set refund_pending = refunded where status = 'refund_pending';
create view all_payments as
select p.no, a.name as account_id, p.id, p.resource_id, p.method, p.reference, p.status, p.amount,
    p.currency, p.refunded, p.refund_pending, p.created_at, p.seq
from payments p
left join names a on a.no = p.account;

alter table refunds rename to old_refunds;
create table refunds (
    account_id text not null,
    id         text not null,
    payment_id text not null,
    amount     integer not null,
    currency   text not null,
    reason     text not null,
    status     text not null,
    reference  text,
    created_at integer not null,
    ended_at   integer,
    primary key (account_id, id)
) strict;
insert into refunds (account_id, id, payment_id, amount, currency, reason, status, created_at)
select account_id, id, payment_id, amount, currency, reason, 'pending', created_at
from old_refunds;
drop table old_refunds;

update store_meta set value = '11' where key = 'min_writer_version';
