//! Domain values as the contract shows them.

use domain::Timestamp;
use domain::activity::ActivityKind;
use domain::money::Money;
use domain::payment::PaymentStatus;
use domain::record::{Record, RecordState};

use crate::text::{format_amount, format_instant};

/// An instant as text.
#[must_use]
pub(crate) fn instant(at: Timestamp) -> String {
    format_instant(at.as_millis())
}

/// An amount as text.
#[must_use]
pub(crate) fn amount(money: Money) -> String {
    // Only currencies that the edge knows get in; if one is retired later, minor units still say it.
    format_amount(money.minor, money.currency.code()).unwrap_or_else(|_| money.minor.to_string())
}

/// What is said of a payment.
pub(crate) const fn payment_status(status: PaymentStatus) -> wire::PaymentStatus {
    match status.told() {
        PaymentStatus::Authorized => wire::PaymentStatus::Authorized,
        PaymentStatus::Captured => wire::PaymentStatus::Captured,
        PaymentStatus::Reversed => wire::PaymentStatus::Reversed,
        PaymentStatus::Refunded => wire::PaymentStatus::Refunded,
        PaymentStatus::PartiallyRefunded => wire::PaymentStatus::PartiallyRefunded,
        // What failed is still to be given back.
        PaymentStatus::RefundPending | PaymentStatus::RefundFailed => {
            wire::PaymentStatus::RefundPending
        }
    }
}

/// The record of a key.
#[must_use]
pub(crate) fn key_record(record: &Record) -> wire::KeyRecord {
    let (status, response_status) = match &record.state {
        RecordState::Answered(answer) => (wire::KeyStatus::Completed, Some(answer.status)),
        RecordState::Retired => (wire::KeyStatus::Retired, None),
    };
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    wire::KeyRecord {
        key: record.key.key.clone(),
        status,
        method: text(&record.method),
        path: text(&record.path),
        resource_id: record.resource.clone(),
        response_status,
        attempts: u64::from(record.attempts),
        first_seen_at: instant(record.first_seen_at),
        last_seen_at: instant(record.last_seen_at),
    }
}

/// The types of events, as a list for people.
pub(crate) fn event_type_words() -> String {
    ActivityKind::ALL.map(ActivityKind::as_str).join(", ")
}
