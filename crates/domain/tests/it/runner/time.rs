//! Instants and durations in scripts: `1d2h`, `10m`, `600s`, `1ms`, counted from the script's start.

use domain::Timestamp;

const UNITS: [(&str, i64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Milliseconds of a duration.
pub(crate) fn parse(text: &str) -> i64 {
    let mut millis = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).expect("a unit");
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, size) = UNITS.into_iter().find(|(name, _)| *name == unit).expect("a known unit");
        millis += number.parse::<i64>().expect("a number") * size;
        rest = tail;
    }
    millis
}

/// The instant that long after the script's start.
pub(crate) fn instant(text: &str) -> Timestamp {
    Timestamp::from_millis(parse(text))
}

/// An instant as scripts write it.
pub(crate) fn show(at: Timestamp) -> String {
    let mut rest = at.as_millis();
    let mut shown = String::new();
    for (unit, size) in UNITS {
        if rest >= size {
            shown += &format!("{}{unit}", rest / size);
            rest %= size;
        }
    }
    if shown.is_empty() { "0s".to_owned() } else { shown }
}

/// An instant that may be absent.
pub(crate) fn show_some(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "none".to_owned(), show)
}
