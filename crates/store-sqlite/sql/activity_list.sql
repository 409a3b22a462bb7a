-- activity_list.sql: entries of an account's feed after one of them, the oldest first.
select account_id, position, id, type, resource_id, resource_seq, at, actor, request_id,
    correlation_id, before, after, data, schema_version
from all_activity
where no > :after and no < :end
order by no
limit :limit
