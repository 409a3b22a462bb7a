-- account_insert.sql: a new account.
insert into accounts (account_id, name, mode, created_at)
values (:account, :name, :mode, :created_at)
