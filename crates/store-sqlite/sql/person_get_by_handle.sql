-- person_get_by_handle.sql: one person, where there is one with that handle at that number.
select no, id, user_id, created_at, handle
from people
where no = :no and account = :account and coalesce(handle, id) = :handle
