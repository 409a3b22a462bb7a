-- account_name_insert.sql: an account that is not in the dictionary yet.
insert into account_names (no, name)
values (:no, :name)
