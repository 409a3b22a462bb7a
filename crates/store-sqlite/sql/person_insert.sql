-- person_insert.sql: a person who was not known.
insert into people (account, id, user_id, created_at, handle)
values (:account, :id, :user_id, :created_at, :handle)
