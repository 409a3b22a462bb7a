//! The schema runs on databases that spread an account's rows over shards: what they need is looked up
//! in the catalogue.

use engine::StoreError;
use engine::failpoint::Failpoints;
use sim::backend::Backend as _;

use crate::backend::PostgresBackend;

/// Small tables that each shard has whole: who may ask, and what the store knows of itself.
const EVERYWHERE: &str =
    "('accounts', 'keys', 'store_meta', 'bootstrap', 'refinery_schema_history')";

/// Keys in which the account comes later: deadlines are found by their instant, whosever they are; payments by their
/// reference and deliveries by their endpoint, so that the planner does not take those indexes for the ones by id.
const EXCEPTIONS: &str =
    "('deadlines_pkey', 'payments_reference_account_id_method_key', 'deliveries_by_endpoint')";

#[test]
fn the_account_leads_every_key() {
    let backend = PostgresBackend::new();
    let keys = format!(
        "select c.conrelid::regclass || ' ' || c.conname from pg_constraint c
         join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
         where c.contype in ('p', 'u', 'f') and c.connamespace = 'public'::regnamespace
           and c.conrelid::regclass::text not in {EVERYWHERE} and a.attname <> 'account_id'
           and c.conname not in {EXCEPTIONS}
         union all
         select i.indrelid::regclass || ' unique index' from pg_index i
         join pg_class t on t.oid = i.indrelid and t.relnamespace = 'public'::regnamespace
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
         where i.indisunique and i.indrelid::regclass::text not in {EVERYWHERE}
           and a.attname <> 'account_id' and i.indexrelid::regclass::text not in {EXCEPTIONS}"
    );
    assert_eq!(backend.database.ask(&keys), Vec::<String>::new());
    let without = format!(
        "select i.indexrelid::regclass::text from pg_index i
         join pg_class t on t.oid = i.indrelid and t.relnamespace = 'public'::regnamespace
         where i.indisunique and i.indrelid::regclass::text not in {EVERYWHERE} and not exists (
             select from pg_attribute a
             where a.attrelid = i.indrelid and a.attnum = any(i.indkey) and a.attname = 'account_id')"
    );
    assert_eq!(backend.database.ask(&without), Vec::<String>::new(), "a key of all accounts");
    let foreign = "select conname from pg_constraint c
         join pg_attribute a on a.attrelid = c.confrelid and a.attnum = c.confkey[1]
         where c.contype = 'f' and a.attname <> 'account_id'";
    assert_eq!(backend.database.ask(foreign), Vec::<String>::new());
    let tables = format!(
        "select tablename from pg_tables t where schemaname = 'public'
         and tablename not in {EVERYWHERE} and not exists (select from pg_constraint
         where contype = 'p' and conrelid = t.tablename::regclass)"
    );
    assert_eq!(backend.database.ask(&tables), Vec::<String>::new(), "a table without a key");
}

#[test]
fn there_is_nothing_that_only_one_machine_can_do() {
    let backend = PostgresBackend::new();
    let nothing = |sql: &str| assert_eq!(backend.database.ask(sql), Vec::<String>::new(), "{sql}");
    nothing("select tgname from pg_trigger where not tgisinternal");
    nothing("select relname from pg_class where relkind = 'S'");
    nothing("select conname from pg_constraint where contype = 'x'");
    nothing("select relname from pg_class where relkind = 'p'");
    nothing("select proname from pg_proc where pronamespace = 'public'::regnamespace");
    nothing(
        "select table_name || '.' || column_name || ' ' || data_type from information_schema.columns
         where table_schema = 'public' and table_name <> 'refinery_schema_history'
           and table_name not in ('reservation', 'idempotencyrecord', 'payment', 'booking_history')
           and data_type not in ('text', 'bigint', 'bytea', 'boolean')",
    );
}

#[test]
fn people_can_look_with_psql() {
    let backend = PostgresBackend::new();
    for view in ["reservation", "idempotencyrecord", "payment", "booking_history"] {
        assert!(backend.database.ask(&format!("select created_at::text from {view}")).is_empty());
    }
}

#[test]
fn a_newer_store_is_left_alone() {
    let backend = PostgresBackend::new();
    backend.database.execute("update store_meta set value = '99' where key = 'min_writer_version'");
    let refused = backend.open(Failpoints::default()).err().expect("it is refused");
    assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("99")), "{refused:?}");
    backend.database.execute("update store_meta set value = '8' where key = 'min_writer_version'");
    let mut store = backend.open(Failpoints::default()).expect("it opens again");
    assert_eq!(store.next_deadline(), Ok(None));
}
