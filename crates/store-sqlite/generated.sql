-- deadline_get
select due_at, account_id, resource_id, kind
from deadlines
where due_at = :due_at and account_id = :account_id and resource_id = :resource_id and kind = :kind;

-- deadline_all
select due_at, account_id, resource_id, kind
from deadlines;

-- deadline_insert
insert into deadlines (due_at, account_id, resource_id, kind)
values (:due_at, :account_id, :resource_id, :kind);

-- deadline_delete
delete from deadlines
where due_at = :due_at and account_id = :account_id and resource_id = :resource_id and kind = :kind;

-- event_get
select account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq
from events
where account_id = :account_id and id = :id;

-- event_all
select account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq
from events;

-- event_insert
insert into events (account_id, id, name, starts_at, currency, max_per_user, hold_seconds, sales_open_at, sales_close_at, cancellation_policy, created_at, seq)
values (:account_id, :id, :name, :starts_at, :currency, :max_per_user, :hold_seconds, :sales_open_at, :sales_close_at, :cancellation_policy, :created_at, :seq);

-- event_update
update events
set name = :name, starts_at = :starts_at, max_per_user = :max_per_user, hold_seconds = :hold_seconds, sales_open_at = :sales_open_at, sales_close_at = :sales_close_at, cancellation_policy = :cancellation_policy, seq = :seq
where account_id = :account_id and id = :id
  and currency is :currency
  and created_at is :created_at;

-- job_get
select account_id, kind, id, due_at, lease_until, fence, attempt, payload_version, payload
from jobs
where account_id = :account_id and kind = :kind and id = :id;

-- job_all
select account_id, kind, id, due_at, lease_until, fence, attempt, payload_version, payload
from jobs;

-- job_insert
insert into jobs (account_id, kind, id, due_at, lease_until, fence, attempt, payload_version, payload)
values (:account_id, :kind, :id, :due_at, :lease_until, :fence, :attempt, :payload_version, :payload);

-- job_update
update jobs
set due_at = :due_at, lease_until = :lease_until, fence = :fence, attempt = :attempt, payload_version = :payload_version, payload = :payload
where account_id = :account_id and kind = :kind and id = :id
  and fence <= :fence;

-- job_delete
delete from jobs
where account_id = :account_id and kind = :kind and id = :id;

-- refund_get
select account_id, id, payment_id, amount, currency, reason, status, reference, created_at, ended_at
from refunds
where account_id = :account_id and id = :id;

-- refund_all
select account_id, id, payment_id, amount, currency, reason, status, reference, created_at, ended_at
from refunds;

-- refund_insert
insert into refunds (account_id, id, payment_id, amount, currency, reason, status, reference, created_at, ended_at)
values (:account_id, :id, :payment_id, :amount, :currency, :reason, :status, :reference, :created_at, :ended_at);

-- refund_update
update refunds
set status = :status, reference = :reference, ended_at = :ended_at
where account_id = :account_id and id = :id
  and payment_id is :payment_id
  and amount is :amount
  and currency is :currency
  and reason is :reason
  and created_at is :created_at;

-- seat_get
select account_id, zone_id, number, label
from seats
where account_id = :account_id and zone_id = :zone_id and number = :number;

-- seat_all
select account_id, zone_id, number, label
from seats;

-- seat_insert
insert into seats (account_id, zone_id, number, label)
values (:account_id, :zone_id, :number, :label);

-- zone_get
select account_id, id, event_id, position, name, price, currency, numbered, seq
from zones
where account_id = :account_id and id = :id;

-- zone_all
select account_id, id, event_id, position, name, price, currency, numbered, seq
from zones;

-- zone_insert
insert into zones (account_id, id, event_id, position, name, price, currency, numbered, seq)
values (:account_id, :id, :event_id, :position, :name, :price, :currency, :numbered, :seq);

-- zone_update
update zones
set name = :name, price = :price, seq = :seq
where account_id = :account_id and id = :id
  and event_id is :event_id
  and position is :position
  and currency is :currency
  and numbered is :numbered;

