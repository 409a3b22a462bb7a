-- activity_all.sql: the place of every entry, for the audit.
select account_id, position, resource_id, resource_seq
from all_activity
