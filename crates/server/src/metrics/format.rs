//! Two ways to write the same metrics: `OpenMetrics`, and Prometheus's own format, which more programs read.

use axum::http::{HeaderMap, header};

use crate::accept::{Range, ranges};

/// Content type of `OpenMetrics` 1.0.
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Content type of Prometheus's text format.
pub(crate) const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Versions that are written here.
const VERSIONS: [&str; 2] = ["1.0.0", "0.0.4"];

/// Whether whoever asks would rather have `OpenMetrics`. Who does not say gets what everybody reads.
pub(crate) fn wants_openmetrics(headers: &HeaderMap) -> bool {
    let is_known = |range: &Range<'_>| range.version.is_none_or(|it| VERSIONS.contains(&it));
    let known: Vec<_> = ranges(headers, header::ACCEPT).filter(is_known).collect();
    let weight = |name| known.iter().filter(|it| it.is(name)).map(|it| it.weight).max();
    let open = weight("application/openmetrics-text").unwrap_or(0);
    open > 0 && Some(open) >= weight("text/plain")
}

/// What is said in `OpenMetrics`, in Prometheus's own format: counters are described by the names that their
/// samples have, and nothing says where it ends.
pub(super) fn prometheus(openmetrics: &str) -> String {
    let mut text = String::with_capacity(openmetrics.len());
    let mut help = None;
    for line in openmetrics.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            help = described.split_once(' ');
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' '))
        {
            let suffix = if kind == "counter" { "_total" } else { "" };
            if let Some((_, help)) = help.take() {
                text.push_str(&format!("# HELP {name}{suffix} {help}\n"));
            }
            text.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_openmetrics_gets_it() {
        for (accept, is_open) in [
            ("", false),
            ("*/*", false),
            ("text/plain;version=0.0.4", false),
            ("application/openmetrics-text", true),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", true),
            ("application/openmetrics-text;version=2.0.0", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=0.2,text/plain;q=0.3", false),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;\
                 version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
                true,
            ),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(wants_openmetrics(&headers), is_open, "{accept}");
        }
        assert!(!wants_openmetrics(&HeaderMap::new()));
    }

    #[test]
    fn counters_are_described_by_the_names_of_their_samples() {
        let openmetrics = "# HELP a Things.\n# TYPE a counter\na_total 1\n# HELP b_bytes Room.\n\
                           # TYPE b_bytes gauge\n# UNIT b_bytes bytes\nb_bytes 2\n# EOF\n";
        let expected = "# HELP a_total Things.\n# TYPE a_total counter\na_total 1\n\
                        # HELP b_bytes Room.\n# TYPE b_bytes gauge\nb_bytes 2\n";
        assert_eq!(prometheus(openmetrics), expected);
    }
}
