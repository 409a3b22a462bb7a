//! Refusals: normal answers that say no. One variant for each thing that can be said; those of a chapter stand
//! with it.
//!
//! A refusal changes nothing. How it is worded, and which HTTP status it has, is the edge's to say.

use crate::money::Money;
use crate::tickets::reject::{BookingReject, TicketReject};
use crate::webhooks::reject::WebhookReject;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reject {
    /// About a key.
    Key(KeyReject),
    /// About events, zones and seats.
    Ticket(TicketReject),
    /// About a booking that exists.
    Booking(BookingReject),
    /// About payments.
    Payment(PaymentReject),
    /// About webhooks.
    Webhook(WebhookReject),
    /// The fields did not pass their checks at the edge, which knows them.
    Malformed,
}

/// Refusals about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyReject {
    /// It is bound to another request.
    Reused,
    /// Nothing was answered under it, so a customer cannot retire it.
    Unused,
    /// Its answer is gone; it cannot book again.
    Retired {
        /// What it made, if it made anything.
        existing: Option<String>,
    },
}

/// Refusals about payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentReject {
    /// The booking costs something.
    Required {
        /// How much.
        total: Money,
    },
    /// The reference has paid for something else.
    ReferenceUsed {
        /// The reference.
        reference: String,
    },
}

impl Reject {
    /// Whether the refusal is the key's answer for good. Others leave the key as if it had never
    /// been seen: nothing was decided that a corrected or later request could contradict.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Key(KeyReject::Reused | KeyReject::Unused | KeyReject::Retired { .. })
            | Self::Malformed => false,
            Self::Ticket(reject) => reject.is_final(),
            Self::Booking(reject) => reject.is_final(),
            Self::Webhook(reject) => reject.is_final(),
            Self::Payment(PaymentReject::Required { .. } | PaymentReject::ReferenceUsed { .. }) => {
                true
            }
        }
    }

    /// What exists and made the refusal necessary, as the text of its id.
    #[must_use]
    pub fn existing(&self) -> Option<String> {
        match self {
            Self::Key(KeyReject::Retired { existing }) => existing.clone(),
            Self::Booking(reject) => reject.existing(),
            Self::Key(KeyReject::Reused | KeyReject::Unused)
            | Self::Ticket(_)
            | Self::Payment(_)
            | Self::Webhook(_)
            | Self::Malformed => None,
        }
    }
}
