-- account_name_get.sql: the row id of an account in the dictionary.
select no
from account_names
where name = :name
