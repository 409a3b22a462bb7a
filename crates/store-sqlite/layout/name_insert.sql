-- name_insert.sql: a name that is not in the dictionary yet.
insert into names (name)
values (:name)
