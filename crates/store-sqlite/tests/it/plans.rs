//! No statement looks through a whole table, except those that are for the audit.

use std::path::Path;

use crate::fixture::Scratch;

/// Statements that want every row.
fn wants_all(name: &str) -> bool {
    let others = ["key_list", "looked_at", "schema_version"].contains(&name);
    name.ends_with("_all") || name.starts_with("rebuild_") || others
}

/// Those that are written by hand, in the folders and those of their chapters, each with its name.
pub(crate) fn written(folders: &[&str]) -> Vec<(String, String)> {
    let folder = |name: &&str| Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let mut folders: Vec<_> = folders.iter().map(folder).collect();
    let mut statements = Vec::new();
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
            let sql = std::fs::read_to_string(&path).expect("a text");
            assert!(sql.starts_with(&format!("-- {name}.sql: ")), "{name} says what it is for");
            statements.push((name, sql));
        }
    }
    statements
}

/// Those that are made from descriptions.
fn generated() -> Vec<(String, String)> {
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/generated.sql"));
    let file = file.expect("a text");
    let statements = file.split("-- ").filter_map(|part| part.split_once('\n'));
    statements.map(|(name, sql)| (name.to_owned(), sql.to_owned())).collect()
}

#[test]
fn every_statement_has_its_index() {
    let scratch = Scratch::new();
    drop(scratch.open());
    let raw = scratch.raw();
    let mut looked_at = 0;
    for (name, sql) in written(&["sql", "layout"]).into_iter().chain(generated()) {
        let mut plan = raw.prepare(&format!("explain query plan {sql}")).unwrap();
        let mut steps = plan.raw_query();
        let mut steps = std::iter::from_fn(|| {
            steps.next().unwrap().map(|row| row.get::<_, String>("detail").unwrap())
        });
        let steps: Vec<String> = steps.by_ref().collect();
        // What a part of the statement has found is looked through whole.
        let is_scan = |step: &&String| step.starts_with("SCAN") && !step.contains("(subquery");
        let scans = steps.iter().any(|step| is_scan(&step) && step != "SCAN CONSTANT ROW");
        assert!(!scans || wants_all(&name), "{name}: {steps:?}");
        // What is sorted belongs to one thing or to one instant, so it is little.
        let sorts = |step: &String| step.contains("TEMP B-TREE") && !step.contains("FOR LAST");
        let sorts = steps.iter().any(sorts);
        let is_little = name.ends_with("_by_resource") || name == "booking_list";
        assert!(!sorts || is_little, "{name}: {steps:?}");
        looked_at += 1;
    }
    assert!(looked_at > 60, "{looked_at}");
}
