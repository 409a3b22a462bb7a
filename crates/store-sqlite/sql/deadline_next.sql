-- deadline_next.sql: the instant of the earliest deadline.
select min(due_at) as due_at
from deadlines
