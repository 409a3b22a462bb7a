//! The refusals that an operation can answer: its own, and those that follow from its line.

use std::collections::BTreeSet;

use wire::Code;

use crate::operations::{self, Described};

/// What every operation can answer.
const ALWAYS: &[Code] = &[
    Code::InvalidRequest,
    Code::Unauthorized,
    Code::Forbidden,
    Code::TooManyRequests,
    Code::HeadersTooLarge,
    Code::InternalError,
    Code::NotImplemented,
    Code::ServiceUnavailable,
];
/// What every operation that changes something can answer.
const CHANGING: &[Code] = &[
    Code::IdempotencyKeyInvalid,
    Code::RequestInProgress,
    Code::KeyRetired,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::IdempotencyKeyReused,
];

/// Every code that the operation can answer.
pub(super) fn of(Described { operation, rule, id: _ }: Described) -> BTreeSet<Code> {
    let always = ALWAYS.iter().chain(operation.codes);
    let mut codes: BTreeSet<_> = always.copied().collect();
    codes.extend(rule.key_required.then_some(Code::IdempotencyKeyRequired));
    if operation.is_change() {
        codes.extend(CHANGING);
    }
    codes
}

/// Every code that some operation of the API can answer.
pub(super) fn all() -> BTreeSet<Code> {
    operations::described().flat_map(of).collect()
}

/// Every code that a client can meet, by its status: those of operations, and of what is none.
pub(crate) fn occurring() -> Vec<Code> {
    let mut codes = all();
    codes.insert(Code::MethodNotAllowed);
    Code::ALL.iter().filter(|code| codes.contains(code)).copied().collect()
}
