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

-- delivery_get
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries
where account_id = :account_id and id = :id;

-- delivery_all
select account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at
from deliveries;

-- delivery_insert
insert into deliveries (account_id, id, endpoint_id, position, event_id, event_type, resource_id, resource_seq, replay, is_replayed, status, attempts, scheduled_attempts, due_at, created_at, ended_at)
values (:account_id, :id, :endpoint_id, :position, :event_id, :event_type, :resource_id, :resource_seq, :replay, :is_replayed, :status, :attempts, :scheduled_attempts, :due_at, :created_at, :ended_at);

-- delivery_update
update deliveries
set status = :status, attempts = :attempts, scheduled_attempts = :scheduled_attempts, due_at = :due_at, ended_at = :ended_at
where account_id = :account_id and id = :id
  and endpoint_id is :endpoint_id
  and position is :position
  and event_id is :event_id
  and event_type is :event_type
  and resource_id is :resource_id
  and resource_seq is :resource_seq
  and replay is :replay
  and is_replayed is :is_replayed
  and attempts <= :attempts
  and created_at is :created_at;

-- delivery_delete
delete from deliveries
where account_id = :account_id and id = :id;

-- delivery_attempt_get
select account_id, delivery_id, number, at, millis, response_status, fault, body
from delivery_attempts
where account_id = :account_id and delivery_id = :delivery_id and number = :number;

-- delivery_attempt_all
select account_id, delivery_id, number, at, millis, response_status, fault, body
from delivery_attempts;

-- delivery_attempt_insert
insert into delivery_attempts (account_id, delivery_id, number, at, millis, response_status, fault, body)
values (:account_id, :delivery_id, :number, :at, :millis, :response_status, :fault, :body);

-- delivery_attempt_delete
delete from delivery_attempts
where account_id = :account_id and delivery_id = :delivery_id and number = :number;

-- endpoint_count_get
select account_id, endpoints
from endpoint_counts
where account_id = :account_id;

-- endpoint_count_all
select account_id, endpoints
from endpoint_counts;

-- endpoint_count_insert
insert into endpoint_counts (account_id, endpoints)
values (:account_id, :endpoints);

-- endpoint_count_update
update endpoint_counts
set endpoints = :endpoints
where account_id = :account_id;

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

-- webhook_cursor_get
select account_id, endpoint_id, position, replay, replayed_until, version
from webhook_cursors
where account_id = :account_id and endpoint_id = :endpoint_id;

-- webhook_cursor_all
select account_id, endpoint_id, position, replay, replayed_until, version
from webhook_cursors;

-- webhook_cursor_insert
insert into webhook_cursors (account_id, endpoint_id, position, replay, replayed_until, version)
values (:account_id, :endpoint_id, :position, :replay, :replayed_until, :version);

-- webhook_cursor_update
update webhook_cursors
set position = :position, replay = :replay, replayed_until = :replayed_until, version = :version
where account_id = :account_id and endpoint_id = :endpoint_id
  and replay <= :replay
  and replayed_until <= :replayed_until
  and version <= :version;

-- webhook_cursor_delete
delete from webhook_cursors
where account_id = :account_id and endpoint_id = :endpoint_id;

-- webhook_endpoint_get
select account_id, id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq
from webhook_endpoints
where account_id = :account_id and id = :id;

-- webhook_endpoint_all
select account_id, id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq
from webhook_endpoints;

-- webhook_endpoint_insert
insert into webhook_endpoints (account_id, id, url, event_types, description, status, disabled_reason, secret_generation, secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq)
values (:account_id, :id, :url, :event_types, :description, :status, :disabled_reason, :secret_generation, :secret_derived_from, :rotated_generation, :rotated_derived_from, :rotated_until, :failing_since, :created_at, :seq);

-- webhook_endpoint_update
update webhook_endpoints
set url = :url, event_types = :event_types, description = :description, status = :status, disabled_reason = :disabled_reason, secret_generation = :secret_generation, secret_derived_from = :secret_derived_from, rotated_generation = :rotated_generation, rotated_derived_from = :rotated_derived_from, rotated_until = :rotated_until, failing_since = :failing_since, seq = :seq
where account_id = :account_id and id = :id
  and secret_generation <= :secret_generation
  and created_at is :created_at
  and seq <= :seq;

-- webhook_endpoint_delete
delete from webhook_endpoints
where account_id = :account_id and id = :id;

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

