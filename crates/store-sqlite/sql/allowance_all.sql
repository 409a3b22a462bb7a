-- allowance_all.sql: every allowance, for the audit.
select account_id, event_id, person_id, taken
from all_allowances
