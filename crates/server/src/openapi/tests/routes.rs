//! The paths of the document.

use std::collections::BTreeSet;

use super::{document, operations};

#[test]
fn paths_name_their_parameters() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let named: BTreeSet<_> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().unwrap();
        let documented: BTreeSet<_> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(named, documented, "{method} {path}");
    }
}
