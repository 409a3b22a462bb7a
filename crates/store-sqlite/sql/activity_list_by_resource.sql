-- activity_list_by_resource.sql: entries about one thing after a position, the oldest first.
select account_id, position, id, type, resource_id, resource_seq, at, actor, request_id,
    correlation_id, before, after, data, schema_version
from all_activity
where resource_id = :resource and no > :after and no < :end
order by no
limit :limit
