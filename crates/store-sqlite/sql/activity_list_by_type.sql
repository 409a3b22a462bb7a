-- activity_list_by_type.sql: entries of one kind after a position, the oldest first.
select account_id, position, id, type, resource_id, resource_seq, at, actor, request_id,
    correlation_id, before, after, data, schema_version
from all_activity
where no in (
    select no
    from activity
    where type = :type and no > :after and no < :end
    order by no
    limit :limit
)
order by no
