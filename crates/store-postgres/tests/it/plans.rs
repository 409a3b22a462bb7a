//! How PostgreSQL carries out the statements of batches and readers, planned once for any parameters, on
//! a store that nobody has written to: such a plan may be kept while the tables grow. Each row has to be
//! found by its key.

use std::collections::{BTreeMap, BTreeSet};

use peers::cluster::Database;

use crate::node::Node;
use crate::statements::{all, without_comments};

/// As the store sets up a connection that writes.
const SETTINGS: &str = "set enable_seqscan = off; set enable_hashjoin = off; \
                        set enable_mergejoin = off; set jit = off; \
                        set plan_cache_mode = force_generic_plan;";

/// Statements that look through more than they give, and why they may.
const EXCEPTIONS: [(&str, &str); 12] = [
    ("activity_delete", "clean-up: what it takes away has been there for days, and was analysed"),
    ("activity_due", "clean-up goes through feeds in slices"),
    ("deadline_due", "the first entries of its index"),
    ("deadline_next", "the first entry of its index"),
    ("key_list", "all keys"),
    ("payment_get", "ids are taken for as good as references, until the table was analysed"),
    ("payment_get_by_reference", "references are taken for as good as ids, likewise"),
    ("payment_update", "ids are taken for as good as references, until the table was analysed"),
    ("record_delete", "clean-up: what it takes away has been there for days, and was analysed"),
    ("writer_forget", "all writers: there are few"),
    ("writer_last_instant", "all writers: there are few"),
    ("writer_last_of_account", "the writers of an account: there are few"),
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
        let mut words = line.split(' ').map(str::to_owned);
        (words.next().expect("a name"), words.collect())
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

#[test]
fn each_row_is_found_by_its_key_even_where_the_planner_knows_nothing() {
    let database = Database::new();
    drop(Node::new(&database, 0));
    let indexes = indexes(&database);
    let (mut looked_at, mut found, mut unexpected) = (0, BTreeSet::new(), Vec::new());
    for (file, text) in all() {
        let name = file.strip_suffix(".sql").expect("a statement").to_owned();
        let sql = without_comments(&text);
        if name.ends_with("_all") || has_no_plan(&name) {
            continue;
        }
        looked_at += 1;
        let plan = plan(&database, &sql);
        let faults = faults(&indexes, &plan);
        if !faults.is_empty() {
            let is_known = EXCEPTIONS.iter().any(|(exception, _)| *exception == name);
            if !is_known {
                unexpected.push(format!("{name}: {faults:?}"));
            }
            found.insert(name);
        }
    }
    assert!(looked_at > 60, "{looked_at}");
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let kept: BTreeSet<_> = EXCEPTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, kept, "an exception that is none");
}
