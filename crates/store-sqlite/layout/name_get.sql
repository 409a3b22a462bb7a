-- name_get.sql: the row id of a name in the dictionary.
select no
from names
where name = :name
