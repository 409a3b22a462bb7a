-- payment_get_by_reference.sql: which payment has an external reference, if the one at that number has.
select id
from payments
where no = :no and account = :account and reference = :reference
