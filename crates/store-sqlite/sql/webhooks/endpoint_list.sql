-- endpoint_list.sql: endpoints of an account that are not deleted, newest first.
select account_id, id, url, event_types, description, status, disabled_reason, secret_generation,
    secret_derived_from, rotated_generation, rotated_derived_from, rotated_until, failing_since, created_at, seq
from webhook_endpoints
where account_id = :account and id < :after and status <> 'deleted'
order by id desc
limit :limit
