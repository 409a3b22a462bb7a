-- session_others.sql: connections to this database that nodes and other programs of ours have open,
-- whatever user they are of.
select count(*) as sessions
from pg_stat_activity
where datname = current_database()
  and pid <> pg_backend_pid()
  and application_name in ('bookonce', current_setting('application_name'))
