-- The steps of a cancellation policy say until when they can be reached, no longer how many days before
-- the start: how long a day is, is for those to know who talk with the owner.

-- A batch of an older node that has begun commits after this, and cannot write them as it did.
alter table events add constraint events_cancellation_policy_check
check (cancellation_policy not like '%"days_before"%') not valid;

update events
set cancellation_policy = (
    select '[' || string_agg(
        format(
            '{"refund_percent":%s,"until":%s}',
            step ->> 'refund_percent',
            events.starts_at - (step ->> 'days_before')::bigint * 86400000
        ),
        ',' order by place
    ) || ']'
    from jsonb_array_elements(cancellation_policy::jsonb) with ordinality as steps (step, place)
)
where cancellation_policy like '[{%';

alter table events validate constraint events_cancellation_policy_check;

update store_meta set value = '12' where key = 'min_writer_version';
