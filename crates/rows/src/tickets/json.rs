//! The few columns that hold JSON: lists that are only ever read and written whole.

use domain::Timestamp;
use domain::policy::{CancellationPolicy, RefundStep};
use domain::pool::SeatNo;
use domain::tickets::booking::Seat;
use engine::transfer::Kind;
use serde_json::{Value, json};

use crate::{Source, cell, structured};

/// The text of a booking's seats; none where seats are not numbered.
pub fn seats_text(seats: &[Seat]) -> Option<String> {
    let seat = |seat: &Seat| json!({"number": seat.number.0, "label": seat.label});
    (!seats.is_empty()).then(|| Value::Array(seats.iter().map(seat).collect()).to_string())
}

/// The seats of [`seats_text`].
pub fn seats(text: &str) -> Option<Vec<Seat>> {
    list(text, |seat| {
        let label = seat.get("label")?.as_str()?.to_owned();
        Some(Seat { number: SeatNo(number(seat, "number")?), label })
    })
}

/// The text of a cancellation policy.
pub fn policy_text(CancellationPolicy(steps): &CancellationPolicy) -> String {
    let step = |step: &RefundStep| json!({"refund_percent": step.refund_percent, "until": step.until.as_millis()});
    Value::Array(steps.iter().map(step).collect()).to_string()
}

/// The policy of [`policy_text`].
pub fn policy(text: &str) -> Option<CancellationPolicy> {
    let steps = list(text, |step| {
        let until = Timestamp::from_millis(step.get("until")?.as_i64()?);
        Some(RefundStep { until, refund_percent: number(step, "refund_percent")? })
    });
    steps.map(CancellationPolicy)
}

/// What [`seats_text`] has written.
impl crate::Value for Vec<Seat> {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        structured(row, column, seats)
    }
}

/// What [`policy_text`] has written.
impl crate::Value for CancellationPolicy {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        cell::word(row, column, policy)
    }
}

fn list<T>(text: &str, read: impl FnMut(&Value) -> Option<T>) -> Option<Vec<T>> {
    let list: Value = serde_json::from_str(text).ok()?;
    list.as_array()?.iter().map(read).collect()
}

fn number(thing: &Value, name: &str) -> Option<u32> {
    u32::try_from(thing.get(name)?.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let seat = |number, label: &str| Seat { number: SeatNo(number), label: label.to_owned() };
        let two = vec![seat(1, "A-1"), seat(u32::MAX, "Sitz \"ä\"\\\u{1f600}")];
        let text = seats_text(&two).expect("there are seats");
        assert_eq!(seats(&text), Some(two));
        assert_eq!(seats_text(&[]), None);

        let steps = vec![
            RefundStep { until: Timestamp::from_millis(i64::MAX), refund_percent: 50 },
            RefundStep { until: Timestamp::from_millis(i64::MIN), refund_percent: 0 },
        ];
        for policy_ in [CancellationPolicy(steps), CancellationPolicy::default()] {
            assert_eq!(policy(&policy_text(&policy_)), Some(policy_));
        }
        // Migrations write the same.
        let until = Timestamp::from_millis(-1);
        let one = CancellationPolicy(vec![RefundStep { until, refund_percent: 50 }]);
        assert_eq!(policy_text(&one), r#"[{"refund_percent":50,"until":-1}]"#);
    }

    #[test]
    fn anything_else_is_not_guessed_at() {
        for text in ["", "{}", "[1]", r#"[{"number":1}]"#, r#"[{"number":-1,"label":"A"}]"#] {
            assert_eq!(seats(text), None, "{text}");
        }
        for text in [
            "{}",
            r#"[{"days_before":7,"refund_percent":50}]"#,
            r#"[{"refund_percent":50,"until":null}]"#,
            r#"[{"refund_percent":50,"until":1.5}]"#,
            r#"[{"refund_percent":-1,"until":1}]"#,
        ] {
            assert_eq!(policy(text), None, "{text}");
        }
    }
}
