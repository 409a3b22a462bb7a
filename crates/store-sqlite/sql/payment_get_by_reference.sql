-- payment_get_by_reference.sql: which payment has a reference, if the one at that number has.
select id
from payments
where no = :no and account = :account and method = :method and reference = :reference
