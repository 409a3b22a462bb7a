-- account_name_get.sql: the number of an account.
select no
from account_names
where name = :name
