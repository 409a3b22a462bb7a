//! What the document says of an operation by rule: its credential, its key, its problems.

use std::collections::BTreeSet;

use wire::Code;

use crate::call::Rule;

/// What every operation can answer.
const ALWAYS: &[Code] =
    &[Code::InvalidRequest, Code::HeadersTooLarge, Code::InternalError, Code::NotImplemented];
/// What every operation that asks for a credential can answer.
const ADMITTED: &[Code] =
    &[Code::Unauthorized, Code::Forbidden, Code::TooManyRequests, Code::ServiceUnavailable];
/// What every operation that changes something can answer.
const CHANGING: &[Code] = &[
    Code::IdempotencyKeyInvalid,
    Code::RequestInProgress,
    Code::KeyRetired,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::IdempotencyKeyReused,
];

/// An operation, as far as it goes by rule.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) kind: Kind,
    /// Whether it answers a page of a list.
    pub(super) paged: bool,
    /// Whether its body may be left out.
    pub(super) bodiless: bool,
    /// The codes that are its own.
    own: &'static [Code],
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// It changes something, so it may carry a key.
    Write(Rule),
    /// It only looks.
    Read(Rule),
    /// It is open to everybody, and stands outside the API's mount.
    Open,
}

impl Call {
    /// An operation that changes something.
    pub(super) const fn write(operation: &'static str, rule: Rule, own: &'static [Code]) -> Self {
        Self { operation, kind: Kind::Write(rule), paged: false, bodiless: false, own }
    }

    /// An operation that only looks.
    pub(super) const fn read(operation: &'static str, rule: Rule, own: &'static [Code]) -> Self {
        Self { operation, kind: Kind::Read(rule), paged: false, bodiless: false, own }
    }

    /// An operation that is open to everybody.
    pub(super) const fn open(operation: &'static str, own: &'static [Code]) -> Self {
        Self { operation, kind: Kind::Open, paged: false, bodiless: false, own }
    }

    /// It answers a page of a list.
    pub(super) const fn paged(self) -> Self {
        Self { paged: true, ..self }
    }

    /// Its body may be left out.
    pub(super) const fn body_optional(self) -> Self {
        Self { bodiless: true, ..self }
    }

    /// Every code that it can answer.
    pub(super) fn codes(&self) -> BTreeSet<Code> {
        let mut codes: BTreeSet<_> = ALWAYS.iter().chain(self.own).copied().collect();
        match self.kind {
            Kind::Write(rule) => {
                codes.extend(ADMITTED);
                codes.extend(CHANGING);
                codes.extend(rule.key_required.then_some(Code::IdempotencyKeyRequired));
            }
            Kind::Read(_) => codes.extend(ADMITTED),
            Kind::Open => {}
        }
        codes
    }

    /// Whether its answers are kept and replayed.
    pub(super) const fn replays(&self) -> bool {
        matches!(self.kind, Kind::Write(_))
    }

    /// The rule by which callers are let in.
    pub(super) const fn rule(&self) -> Option<Rule> {
        match self.kind {
            Kind::Write(rule) | Kind::Read(rule) => Some(rule),
            Kind::Open => None,
        }
    }
}

/// The line of an operation.
pub(super) fn call_of(operation: &str) -> Option<&'static Call> {
    all().find(|call| call.operation == operation)
}

/// The lines of all operations.
pub(super) fn all() -> impl Iterator<Item = &'static Call> {
    let chapters = [
        super::events::CALLS,
        super::bookings::CALLS,
        super::keys::CALLS,
        super::activity::CALLS,
        super::tokens::CALLS,
        super::operations::CALLS,
        super::pages::CALLS,
    ];
    chapters.into_iter().flatten()
}
