-- Payments are for whatever is sold, and say how much of them is still to go back. Refunds have a state of
-- their own: until now all of them were the merchant's to carry out, who has not said so. Whoever writes a
-- payment or a refund checks what it is for against what the transaction has read.
alter table payments drop constraint payments_account_id_booking_id_fkey;
alter table payments rename column booking_id to resource_id;
alter table payments add column refund_pending bigint not null default 0;
update payments set refund_pending = refunded where status = 'refund_pending';
alter table payments alter column refund_pending drop default;
alter table payments add check (refund_pending >= 0 and refund_pending <= refunded);

create or replace view payment as
select account_id, id, resource_id as booking_id, method, reference, status, amount as amount_minor,
    currency, refunded as refunded_minor, to_timestamp(created_at / 1000.0) as created_at,
    resource_id, refund_pending as refund_pending_minor
from payments;

alter table refunds drop constraint refunds_account_id_payment_id_fkey;
alter table refunds add column status text collate "C" not null default 'pending';
alter table refunds alter column status drop default;
alter table refunds add column reference text;
alter table refunds add column ended_at bigint;

update store_meta set value = '14' where key = 'min_writer_version';
