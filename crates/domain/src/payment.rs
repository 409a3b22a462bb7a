//! Payments: money that was taken for a booking, and what went back.

use crate::id::{BookingId, PaymentId, RefundId};
use crate::money::Money;
use crate::time::Timestamp;

/// How a booking is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Outside: the merchant took the money and names its reference.
    External,
}

impl Method {
    /// The word of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "external",
        }
    }

    /// The method with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::External].into_iter().find(|method| method.as_str() == word)
    }
}

/// How far a payment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentStatus {
    /// The money was taken.
    Captured,
    /// Some of it is to go back; the merchant carries it out.
    RefundPending,
}

impl PaymentStatus {
    /// The word of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::RefundPending => "refund_pending",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Captured, Self::RefundPending];
        all.into_iter().find(|status| status.as_str() == word)
    }
}

/// Money that was taken for a booking. Invariant: `0 <= refunded <= amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What it paid for.
    pub booking: BookingId,
    /// How.
    pub method: Method,
    /// The payment's name outside; unique within the account.
    pub reference: String,
    /// How far it has come.
    pub status: PaymentStatus,
    /// What was taken.
    pub amount: Money,
    /// Minor units of it that went back or are to.
    pub refunded: i64,
    /// When it was taken.
    pub created_at: Timestamp,
    /// Number of its last activity.
    pub seq: u32,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The payment it comes from.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// When it was decided.
    pub created_at: Timestamp,
}
