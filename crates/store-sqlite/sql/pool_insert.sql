-- pool_insert.sql: the pool of a new owner as a whole.
insert into pools (account_id, owner_id, part, capacity, held, sold)
values (:account_id, :owner_id, :part, :capacity, :held, :sold)
