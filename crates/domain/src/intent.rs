//! Intents: what a client wants, named by its idempotency key.

use crate::id::{AccountId, KeyId, PersonId};
use crate::payment::{Method, PaymentReference};
use crate::record::{Fingerprints, NamedKey};

pub use crate::decide::Command;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The holder of a secret key.
    Key(KeyId),
    /// The holder of a customer token; sees only this person's bookings.
    Customer(PersonId),
    /// The engine itself.
    System,
}

impl core::fmt::Display for Actor {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Key(key) => write!(out, "{key}"),
            Self::Customer(person) => write!(out, "customer:{person}"),
            Self::System => out.write_str("system"),
        }
    }
}

/// The request that an intent came with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `X-Request-Id`.
    pub id: String,
    /// `X-Correlation-Id`.
    pub correlation_id: Option<String>,
    /// HTTP method.
    pub method: String,
    /// Path as the client sent it.
    pub path: String,
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Whose things it is about.
    pub account: AccountId,
    /// Who asks.
    pub actor: Actor,
    /// The intent's name, where it has one.
    pub key: Option<NamedKey>,
    /// What the name is bound to.
    pub fingerprint: Fingerprints,
    /// The request it came with.
    pub request: Request,
    /// What is to be done.
    pub command: Command,
}

/// Whether `text` is not blank, has at most `chars_max` characters and no control characters.
#[must_use]
pub fn is_text(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty()
        && text.chars().take(chars_max.saturating_add(1)).count() <= chars_max
        && !text.chars().any(char::is_control)
}

/// How a booking was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// By which method.
    pub method: Method,
    /// The payment's name outside.
    pub reference: String,
}

impl NewPayment {
    /// What it is called outside.
    #[must_use]
    pub fn name(&self) -> PaymentReference {
        PaymentReference { method: self.method, reference: self.reference.clone() }
    }
}
