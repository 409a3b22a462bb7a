-- The account and the id of a booking are its key. The index by status had both as well, with the status
-- between them: so of a store whose tables nobody has analysed yet, the planner believed it to be as good
-- for finding a booking by its key, and then read through all bookings of an account. With the status
-- first only whoever names one can use it.
drop index bookings_status;
create index bookings_status on bookings (status, account_id, id);
