-- record_all.sql: every record, for the audit, which does not ask for the answers' text.
select account_id, scope, key, fingerprint, method, path, state, answer_format, status,
    content_type, location, case when body is null then null else ''::bytea end as body, resource_id,
    first_seen_at, last_seen_at, attempts, keep_until
from idempotency
