-- lookup_log_delete.sql: batches go whose entries all are in their sorted places.
delete from lookup_log
where no <= :until
