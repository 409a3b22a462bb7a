-- lookup_log_delete.sql: truncates the index WAL: batches whose entries all are in the sorted run.
delete from lookup_log
where no <= :until
