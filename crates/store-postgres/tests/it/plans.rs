//! How PostgreSQL carries out the statements of batches and readers, planned once for any parameters, on
//! a store that nobody has written to, and on one that has grown and was never analysed: such a plan may be
//! kept while the tables grow. Each row has to be found by its key.

use std::collections::{BTreeMap, BTreeSet};

use engine::Outcome;
use peers::cluster::Database;
use sim::intents::{confirm, intent};

use crate::node::{Node, OURS, answer, fields, hold};
use crate::statements::{all, without_comments};

/// As the store sets up a connection that writes.
const SETTINGS: &str = "set enable_seqscan = off; set enable_hashjoin = off; \
                        set enable_mergejoin = off; set jit = off; \
                        set plan_cache_mode = force_generic_plan;";

/// Bookings that are sold at a time while tables grow …
const GROWN_BATCH: u32 = 200;
/// … and how often.
const GROWN_BATCHES: u32 = 4;

/// Statements that look through more than they give, and why they may.
const EXCEPTIONS: [(&str, &str); 13] = [
    ("activity_delete", "clean-up: what it takes away has been there for days, and was analysed"),
    ("activity_due", "clean-up goes through feeds in slices"),
    ("deadline_due", "the first entries of its index"),
    ("deadline_next", "the first entry of its index"),
    ("delivery_due", "the first entries of its index"),
    ("job_next", "the first entries of a kind in its index"),
    ("key_list", "all keys"),
    ("record_delete", "clean-up: what it takes away has been there for days, and was analysed"),
    (
        "record_list_by_resource",
        "for readers: keys are taken for as good as resources while the table grows, until it was analysed",
    ),
    ("writer_expire", "all writers: there are few"),
    ("writer_last_instant", "all writers: there are few"),
    ("writer_last_of_account", "the writers of an account: there are few"),
    ("webhook_due", "looks at all jobs of its kind that nobody has"),
];

/// Those that are about something else than rows: the schema, clocks.
fn has_no_plan(name: &str) -> bool {
    ["bootstrap_create", "citus_is_there", "citus_tables", "schema_is_there", "clock_now"]
        .contains(&name)
}

/// The columns of each index, in their order.
fn indexes(database: &Database) -> BTreeMap<String, Vec<String>> {
    let listed = database.ask(
        "select c.relname || ' ' || string_agg(a.attname, ' ' order by k.place)
         from pg_index as i
         join pg_class as c on c.oid = i.indexrelid
         cross join lateral unnest(i.indkey::int[]) with ordinality as k (number, place)
         join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
         where c.relnamespace = 'public'::regnamespace group by c.relname",
    );
    let index = |line: &String| {
        let mut parts = line.split(' ').map(str::to_owned);
        (parts.next().expect("a name"), parts.collect())
    };
    listed.iter().map(index).collect()
}

/// The plan for parameters that nobody knows yet.
fn plan(database: &Database, sql: &str) -> Vec<String> {
    let parameters = (1..).take_while(|it| sql.contains(&format!("${it}::"))).count();
    let unknown = vec!["null"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!("({unknown})") };
    database
        .ask(&format!("{SETTINGS} prepare it as {sql}; explain (costs off) execute it{arguments}"))
}

/// What is wrong with a step of a plan that finds rows: it has to know the first columns of its index,
/// two of them if there are so many, and no condition may be about a column after one that it does not
/// know.
fn fault(index: &[String], condition: &str) -> Option<String> {
    let quoted = |column: &String| {
        condition.contains(&format!("({column} ")) || condition.contains(&format!("(\"{column}\" "))
    };
    let known = index.iter().take_while(|column| quoted(column)).count();
    let all = index.iter().filter(|column| quoted(column)).count();
    let enough = known >= index.len().min(2) && known == all;
    (!enough).then(|| format!("{condition} with the index of {}", index.join(", ")))
}

fn faults(indexes: &BTreeMap<String, Vec<String>>, plan: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for (step, after) in plan.iter().zip(plan.iter().skip(1).map(Some).chain([None])) {
        if step.contains("Seq Scan") {
            faults.push(step.trim().to_owned());
        }
        let name = step.split_once(" using ").or_else(|| step.split_once("Index Scan on "));
        let Some(index) = name.and_then(|(_, rest)| rest.split(' ').next()) else { continue };
        let Some(index) = indexes.get(index) else { continue };
        let condition = after.filter(|after| after.contains("Index Cond:"));
        faults.extend(fault(index, condition.map_or("no condition", |it| it.trim())));
    }
    faults
}

/// What is wrong with the plans of all statements that look for rows, by their names.
fn all_faults(database: &Database) -> BTreeMap<String, Vec<String>> {
    let indexes = indexes(database);
    let (mut looked_at, mut found) = (0, BTreeMap::new());
    for (file, text) in all() {
        let name = file.strip_suffix(".sql").expect("a statement").to_owned();
        let sql = without_comments(&text);
        if name.ends_with("_all") || has_no_plan(&name) {
            continue;
        }
        looked_at += 1;
        let faults = faults(&indexes, &plan(database, &sql));
        if !faults.is_empty() {
            found.insert(name, faults);
        }
    }
    assert!(looked_at > 60, "{looked_at}");
    found
}

#[test]
fn each_row_is_found_by_its_key_even_where_the_planner_knows_nothing() {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let empty = all_faults(&database);
    assert_only_exceptions(&empty);
    // While tables grow, and before anybody analyses them: of people, bookings, payments and keys there are more
    // than fit on a few pages, and all of them are of one account.
    grow(&mut node);
    let grown = all_faults(&database);
    assert_only_exceptions(&grown);
    let found: BTreeSet<_> = empty.keys().chain(grown.keys()).map(String::as_str).collect();
    let kept: BTreeSet<_> = EXCEPTIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, kept, "an exception that is none");
}

#[track_caller]
fn assert_only_exceptions(faults: &BTreeMap<String, Vec<String>>) {
    let is_known = |name: &str| EXCEPTIONS.iter().any(|(exception, _)| *exception == name);
    let unexpected: BTreeMap<_, _> = faults.iter().filter(|(name, _)| !is_known(name)).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// Sells to many.
fn grow(node: &mut Node) {
    let zones = node.event(&[10_000], &[]);
    let zone = *zones.first().expect("one zone");
    for round in 0..GROWN_BATCHES {
        let number = |it: u32| round * GROWN_BATCH + it;
        let holds: Vec<_> = (0..GROWN_BATCH)
            .map(|it| hold(&format!("hold-{}", number(it)), zone, number(it)))
            .collect();
        let held = node.execute(&holds);
        let pay = |(it, outcome): (u32, &Outcome)| {
            let booking = fields(outcome).get("booking_id").and_then(|id| id.parse().ok());
            let name = format!("payment-{}", number(it));
            intent(OURS, &name, confirm(booking.expect("a booking"), &name))
        };
        let paid = node.execute(&(0..).zip(&held).map(pay).collect::<Vec<_>>());
        assert!(paid.iter().all(|outcome| answer(outcome).status == 200));
    }
}
