//! What fields of requests have in common, whatever the chapter.

use std::str::FromStr;

use domain::id::IdError;
use domain::intent::is_text;
use wire::Code;

use crate::refusal::{Invalid, Refusal};

/// An object without members.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// An id in a path. One that cannot be an id names nothing.
pub(crate) fn path_id<Id: FromStr<Err = IdError>>(text: &str) -> Result<Id, Invalid> {
    text.parse().map_err(|_: IdError| Invalid::not_found())
}

/// The thing that the path names is not there, or not the caller's to see.
pub(crate) fn not_found(what: &str) -> Refusal {
    Refusal::new(Code::NotFound, format!("There is no {what} in this account."))
}

/// A text for people.
pub(crate) fn text(text: String, field: &str, chars_max: usize) -> Result<String, Invalid> {
    if is_text(&text, chars_max) {
        return Ok(text);
    }
    let message = format!("must have 1 to {chars_max} characters, none of them control characters");
    Err(Invalid::field(field, &message))
}
