-- account_name_last.sql: the last row id that an account has, of those that accounts can have.
select coalesce(max(no), 0) as no
from account_names
where no <= :max
