-- name_get.sql: the number of a name.
select no
from names
where name = :name
