//! Arrows between crates go one way: who may depend on whom, and who alone may use what.
//!
//! A crate that is not in the table may depend on nothing and is reported: its place is decided
//! here before it is used.

use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Finding;

#[derive(Debug)]
struct Layer {
    name: &'static str,
    /// Crates of the workspace that it may depend on.
    on: &'static [&'static str],
    /// Those that its tests may use besides.
    tests_on: &'static [&'static str],
}

const LAYERS: [Layer; 12] = [
    Layer {
        name: "bookonce",
        on: &["server", "store-sqlite", "store-postgres", "engine", "domain", "wire", CLIENT],
        tests_on: &["peers"],
    },
    Layer {
        name: "server",
        on: &["store-sqlite", "store-postgres", "engine", "domain", "wire"],
        tests_on: &["sim", "peers"],
    },
    Layer { name: "store-sqlite", on: &["rows", "engine", "domain"], tests_on: &["sim"] },
    // Its tests move a store from SQLite to PostgreSQL.
    Layer {
        name: "store-postgres",
        on: &["rows", "engine", "domain"],
        tests_on: &["sim", "peers", "store-sqlite"],
    },
    Layer { name: "rows", on: &["engine", "domain"], tests_on: &[] },
    Layer { name: "engine", on: &["domain"], tests_on: &["sim"] },
    Layer { name: "sim", on: &["store-sqlite", "engine", "domain"], tests_on: &[] },
    Layer { name: "peers", on: &[], tests_on: &[] },
    Layer { name: "wire", on: &[], tests_on: &[] },
    // Others build on it as well: it knows nothing of ours.
    Layer { name: CLIENT, on: &[], tests_on: &[] },
    Layer { name: DOMAIN, on: &[], tests_on: &[] },
    Layer { name: "xtask", on: &["peers"], tests_on: &[] },
];

/// The one crate that other people name, by its package's name.
const CLIENT: &str = "bookonce-client";

/// The one crate that nothing but its tests may bring a dependency to.
const DOMAIN: &str = "domain";

/// Crates from outside that only these of ours may name; the first is where code that needs them goes.
const ONLY_IN: [(&str, &[&str]); 4] = [
    ("rusqlite", &["store-sqlite"]),
    ("tokio-postgres", &["store-postgres", "peers"]),
    ("axum", &["server"]),
    ("proptest", &["sim"]),
];

/// Crates from outside that some of ours may not name, not even in tests.
const NEVER_IN: [(&str, &[&str]); 2] = [
    ("tokio", &["domain", "engine", "rows", "store-sqlite", "wire"]),
    ("serde", &["domain", "engine", "rows"]),
];

#[derive(Debug)]
pub(super) struct Crate {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    for_tests: bool,
    /// Part of the workspace.
    ours: bool,
}

/// The crates of the workspace with what their manifests declare.
pub(super) fn read(root: &Path) -> Result<Vec<Crate>, String> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root.join("Cargo.toml")).no_deps();
    let metadata = command.exec().map_err(|error| format!("cargo metadata: {error}"))?;
    let package = |package: &cargo_metadata::Package| Crate {
        name: package.name.to_string(),
        dependencies: package.dependencies.iter().map(dependency).collect(),
    };
    Ok(metadata.packages.iter().map(package).collect())
}

fn dependency(declared: &cargo_metadata::Dependency) -> Dependency {
    Dependency {
        name: declared.name.clone(),
        for_tests: declared.kind == DependencyKind::Development,
        ours: declared.path.is_some(),
    }
}

pub(super) fn allowed(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in crates {
        let manifest = manifest(&package.name);
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == package.name) else {
            let fix = "give it a place in xtask/src/tidy/layers.rs, and in ARCHITECTURE.md";
            findings.push(Finding::new(&manifest, 0, "a crate of no layer", fix));
            continue;
        };
        for dependency in &package.dependencies {
            if let Some(Refusal { problem, fix }) = refusal(layer, dependency) {
                findings.push(Finding::new(&manifest, 0, problem, fix));
            }
        }
    }
    findings
}

fn manifest(name: &str) -> String {
    match name {
        "xtask" => "xtask/Cargo.toml".to_owned(),
        CLIENT => "crates/client/Cargo.toml".to_owned(),
        name => format!("crates/{name}/Cargo.toml"),
    }
}

/// What is wrong with a dependency.
struct Refusal {
    problem: String,
    fix: String,
}

fn refusal(layer: &Layer, dependency: &Dependency) -> Option<Refusal> {
    let (from, to) = (layer.name, dependency.name.as_str());
    if dependency.ours {
        let in_tests = dependency.for_tests && layer.tests_on.contains(&to);
        let fix = "move what is needed, or draw the arrow in xtask/src/tidy/layers.rs";
        return (!layer.on.contains(&to) && !in_tests).then(|| Refusal {
            problem: format!("{from} may not depend on {to}"),
            fix: fix.to_owned(),
        });
    }
    if from == DOMAIN && !dependency.for_tests {
        let fix = "take it out: domain decides, the crates around it do the rest";
        let problem = format!("{from} may depend on nothing, not even {to}");
        return Some(Refusal { problem, fix: fix.to_owned() });
    }
    let homes = ONLY_IN.iter().find(|(name, homes)| *name == to && !homes.contains(&from));
    if let Some(home) = homes.and_then(|(_, homes)| homes.first()) {
        let problem = format!("{to} is used in {home} only");
        return Some(Refusal { problem, fix: format!("move the code to {home}") });
    }
    let never = NEVER_IN.iter().any(|(name, never)| *name == to && never.contains(&from));
    never.then(|| Refusal {
        problem: format!("{from} may not use {to}"),
        fix: "move the code a layer up".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Crate, Dependency, LAYERS, allowed, read};
    use crate::root;
    use crate::tidy::transcript;

    /// `from > to`, `from > to?` for its tests; names of no layer come from outside.
    #[track_caller]
    fn check(arrows: &str, expected: Expect) {
        let crates: Vec<Crate> = arrows
            .split(',')
            .map(|arrow| {
                let (from, to) = arrow.split_once('>').expect("an arrow");
                let (from, to) = (from.trim(), to.trim());
                let name = to.trim_end_matches('?').to_owned();
                let ours = LAYERS.iter().any(|layer| layer.name == name);
                let dependencies = vec![Dependency { name, for_tests: to.ends_with('?'), ours }];
                Crate { name: from.to_owned(), dependencies }
            })
            .collect();
        expected.assert_eq(&transcript(allowed(&crates)));
    }

    #[test]
    fn arrows_point_down() {
        check(
            "bookonce > server, server > store-sqlite, server > wire, store-sqlite > engine, \
             engine > domain, sim > store-sqlite",
            expect![""],
        );
        check(
            "domain > engine, wire > domain, engine > store-sqlite, server > bookonce, xtask > wire, \
             bookonce-client > wire",
            expect![[r#"
                crates/client/Cargo.toml: bookonce-client may not depend on wire: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/domain/Cargo.toml: domain may not depend on engine: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/engine/Cargo.toml: engine may not depend on store-sqlite: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/server/Cargo.toml: server may not depend on bookonce: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/wire/Cargo.toml: wire may not depend on domain: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                xtask/Cargo.toml: xtask may not depend on wire: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
            "#]],
        );
    }

    #[test]
    fn tests_may_use_the_simulator() {
        check("store-sqlite > sim?, engine > sim?, server > sim?", expect![""]);
        check(
            "engine > sim, domain > sim?, domain > engine?, wire > domain?",
            expect![[r#"
                crates/domain/Cargo.toml: domain may not depend on engine: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/domain/Cargo.toml: domain may not depend on sim: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/engine/Cargo.toml: engine may not depend on sim: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/wire/Cargo.toml: wire may not depend on domain: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
            "#]],
        );
    }

    #[test]
    fn only_tests_and_chores_have_peers() {
        check(
            "store-postgres > peers?, server > peers?, bookonce > peers?, xtask > peers",
            expect![""],
        );
        check(
            "store-postgres > peers, peers > engine",
            expect![[r#"
                crates/peers/Cargo.toml: peers may not depend on engine: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
                crates/store-postgres/Cargo.toml: store-postgres may not depend on peers: move what is needed, or draw the arrow in xtask/src/tidy/layers.rs
            "#]],
        );
    }

    #[test]
    fn domain_depends_on_nothing() {
        check("domain > expect-test?", expect![""]);
        check(
            "domain > jiff, domain > serde?, domain > proptest?",
            expect![[r#"
                crates/domain/Cargo.toml: domain may depend on nothing, not even jiff: take it out: domain decides, the crates around it do the rest
                crates/domain/Cargo.toml: domain may not use serde: move the code a layer up
                crates/domain/Cargo.toml: proptest is used in sim only: move the code to sim
            "#]],
        );
    }

    #[test]
    fn crates_from_outside_have_one_home() {
        check(
            "store-sqlite > rusqlite, server > axum, sim > proptest, server > tokio, wire > serde, \
             peers > tokio-postgres",
            expect![""],
        );
        check(
            "server > rusqlite?, bookonce > axum, engine > proptest?, wire > tokio, engine > serde, \
             server > tokio-postgres?",
            expect![[r#"
                crates/bookonce/Cargo.toml: axum is used in server only: move the code to server
                crates/engine/Cargo.toml: engine may not use serde: move the code a layer up
                crates/engine/Cargo.toml: proptest is used in sim only: move the code to sim
                crates/server/Cargo.toml: rusqlite is used in store-sqlite only: move the code to store-sqlite
                crates/server/Cargo.toml: tokio-postgres is used in store-postgres only: move the code to store-postgres
                crates/wire/Cargo.toml: wire may not use tokio: move the code a layer up
            "#]],
        );
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        check(
            "suppliers > domain",
            expect![[r#"
                crates/suppliers/Cargo.toml: a crate of no layer: give it a place in xtask/src/tidy/layers.rs, and in ARCHITECTURE.md
            "#]],
        );
    }

    #[test]
    fn manifests_are_read() {
        let crates = read(&root()).unwrap();
        let xtask = crates.iter().find(|package| package.name == "xtask").unwrap();
        let declared = |name: &str, for_tests: bool| {
            let found = |d: &&Dependency| d.name == name && d.for_tests == for_tests && !d.ours;
            xtask.dependencies.iter().any(|d| found(&d))
        };
        assert!(declared("cargo_metadata", false) && declared("expect-test", true));
        let engine = crates.iter().find(|package| package.name == "engine").unwrap();
        assert!(engine.dependencies.iter().any(|d| d.name == "domain" && d.ours));
    }
}
