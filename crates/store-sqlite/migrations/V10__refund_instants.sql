-- The steps of a cancellation policy say until when they can be reached, no longer how many days before
-- the start: how long a day is, is for those to know who talk with the owner.
update events
set cancellation_policy = (
    select '[' || group_concat(step, ',') || ']'
    from (
        select json_object(
            'refund_percent', value ->> 'refund_percent',
            'until', events.starts_at - (value ->> 'days_before') * 86400000
        ) as step
        from json_each(events.cancellation_policy)
        order by key
    )
)
where cancellation_policy like '[{%';

update store_meta set value = '10' where key = 'min_writer_version';
