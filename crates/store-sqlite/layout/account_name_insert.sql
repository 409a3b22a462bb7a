-- account_name_insert.sql: an account that has no number yet.
insert into account_names (no, name)
values (:no, :name)
