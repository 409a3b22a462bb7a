//! What clients take: the lists of `Accept` and `Accept-Encoding`, with their weights (RFC 9110, 12.4.2 and 12.5).

use axum::http::{HeaderMap, HeaderName};

/// A part of such a list.
pub(crate) struct Range<'a> {
    name: &'a str,
    /// In thousandths.
    pub(crate) weight: u16,
    /// The version of the format, where one is named.
    pub(crate) version: Option<&'a str>,
}

impl<'a> Range<'a> {
    fn of(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let mut range = Self { name, weight: 1_000, version: None };
        for (parameter, value) in parts.filter_map(|part| part.split_once('=')) {
            match parameter.trim() {
                "q" => range.weight = thousandths(value.trim()),
                "version" => range.version = Some(value.trim()),
                _ => {}
            }
        }
        range
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The parts of a header's list, over all its lines.
pub(crate) fn ranges(headers: &HeaderMap, header: HeaderName) -> impl Iterator<Item = Range<'_>> {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(Range::of)
}

/// Whether the header names this, and does not refuse it. One that takes anything does not name it.
pub(crate) fn names(headers: &HeaderMap, header: HeaderName, name: &str) -> bool {
    ranges(headers, header).any(|range| range.is(name) && range.weight > 0)
}

/// A weight has at most three digits after its point.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    format!("{whole}{fraction:0<3.3}").parse().unwrap_or(0)
}
