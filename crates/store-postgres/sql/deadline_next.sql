-- deadline_next.sql: the instant of the earliest deadline. Its order is said, so that the key in this order is
-- used, whatever is believed of the table.
select due_at
from deadlines
order by due_at, account_id, resource_id, kind
limit 1
