//! A dependency is a decision: each has its line in the table of decisions.

use std::collections::BTreeSet;

use super::{Finding, Tree};

const MANIFEST: &str = "Cargo.toml";
const DECISIONS: &str = "docs/decisions/dependencies.md";

/// Every external name in `[workspace.dependencies]` has a line in the table, and no line is left
/// of a dependency that is gone.
pub(super) fn explained(tree: &Tree) -> Vec<Finding> {
    let declared = match declared(tree.text(MANIFEST).unwrap_or_default()) {
        Ok(names) => names,
        Err(error) => return vec![Finding::new(MANIFEST, 0, error, "write valid TOML")],
    };
    let table: Vec<(usize, &str)> = explained_names(tree.text(DECISIONS).unwrap_or_default());
    let missing = declared.iter().filter(|name| !table.iter().any(|(_, known)| known == name));
    let stale = table.iter().filter(|(_, name)| !declared.contains(*name));
    let mut findings: Vec<Finding> = missing
        .map(|name| {
            let fix = format!("add a line to {DECISIONS}: what for, and why this one");
            Finding::new(MANIFEST, 0, format!("nothing explains {name}"), fix)
        })
        .collect();
    findings.extend(stale.map(|(line, name)| {
        let problem = format!("{name} is no dependency of the workspace");
        Finding::new(DECISIONS, *line, problem, "take the line out")
    }));
    findings
}

fn declared(manifest: &str) -> Result<BTreeSet<String>, String> {
    let manifest: toml::Table =
        manifest.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let dependencies = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(toml::Value::as_table);
    let external =
        dependencies.into_iter().flatten().filter(|(_, spec)| spec.get("path").is_none());
    Ok(external.map(|(name, _)| name.clone()).collect())
}

/// The names in the first column, which are written as code.
fn explained_names(table: &str) -> Vec<(usize, &str)> {
    (1..)
        .zip(table.lines())
        .filter_map(|(number, line)| {
            let cell = line.trim_start().strip_prefix('|')?.split('|').next()?.trim();
            Some((number, cell.strip_prefix('`')?.strip_suffix('`')?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{DECISIONS, MANIFEST, Tree, explained};
    use crate::tidy::transcript;

    #[track_caller]
    fn check(manifest: &str, table: &str, expected: Expect) {
        let tree = Tree::of(&[(MANIFEST, manifest), (DECISIONS, table)]);
        expected.assert_eq(&transcript(explained(&tree)));
    }

    const TWO: &str = "[workspace.dependencies]\n\
        domain = { path = \"crates/domain\" }\njiff = \"1\"\ntoml = { version = \"1\" }\n";

    #[test]
    fn the_table_and_the_manifest_agree() {
        check(TWO, "| name | why |\n|---|---|\n| `jiff` | a |\n| `toml` | b |\n", expect![""]);
        check("[package]\nname = \"a\"\n", "", expect![""]);
    }

    #[test]
    fn a_dependency_without_a_line_is_found() {
        check(
            TWO,
            "| `jiff` | a |\n`toml` in prose\n",
            expect![[r#"
                Cargo.toml: nothing explains toml: add a line to docs/decisions/dependencies.md: what for, and why this one
            "#]],
        );
    }

    #[test]
    fn a_line_without_a_dependency_is_found() {
        check(
            TWO,
            "| `jiff` | a |\n| `toml` | b |\n| `chrono` | c |\n",
            expect![[r#"
                docs/decisions/dependencies.md:3: chrono is no dependency of the workspace: take the line out
            "#]],
        );
    }

    #[test]
    fn a_broken_manifest_is_said_to_be_broken() {
        check(
            "[workspace",
            "",
            expect![[r#"
                Cargo.toml: unclosed table, expected `]`: write valid TOML
            "#]],
        );
    }
}
