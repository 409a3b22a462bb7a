-- name_insert.sql: a name that has no number yet.
insert into names (name)
values (:name)
