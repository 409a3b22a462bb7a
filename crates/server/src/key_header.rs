//! What clients say in request headers: idempotency key, how long to wait, their request id.

use axum::http::{HeaderMap, HeaderName};
use sfv::{BareItem, Item, Parser};

/// Characters of an idempotency key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Characters of a client's request id.
pub const REQUEST_ID_CHARS_MAX: usize = 128;
/// Seconds that `Prefer: wait` may ask for.
pub const PREFER_WAIT_SECONDS_MAX: u64 = 30;

/// The header, and the alias that some client libraries send.
const KEY_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("idempotency-key"), HeaderName::from_static("x-idempotency-key")];
const PREFER: HeaderName = HeaderName::from_static("prefer");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Why an idempotency key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing, or `""`.
    #[error("The idempotency key is empty.")]
    Empty,
    /// Too long.
    #[error(
        "The idempotency key has {chars} characters, at most {IDEMPOTENCY_KEY_CHARS_MAX} are \
         allowed."
    )]
    TooLong {
        /// How many it has.
        chars: usize,
    },
    /// A space, inside the quotes or without any.
    #[error("The idempotency key contains a space; only visible ASCII characters are allowed.")]
    Space,
    /// A tab or another control character.
    #[error(
        "The idempotency key contains a control character; only visible ASCII characters are \
         allowed."
    )]
    Control,
    /// A byte over 0x7F.
    #[error(
        "The idempotency key contains a character outside ASCII; only visible ASCII characters \
         are allowed."
    )]
    NotAscii,
    /// A comma without quotes: several values that somebody on the way has joined.
    #[error(
        "The idempotency key contains a comma, as when a proxy joins two header lines; put it in double \
         quotes if the comma belongs to it."
    )]
    Comma,
    /// It begins with a quote and is no structured-field string.
    #[error(
        "The idempotency key begins with a double quote but is not a quoted string as RFC 9651 \
         defines it."
    )]
    Quoting,
    /// Several headers with several keys.
    #[error("The request has several idempotency keys that differ.")]
    Differ,
}

/// The request's idempotency key, if it has one: `abc` and `"abc"` are one key.
///
/// # Errors
/// [`KeyError`] when there is a key that is none, or several that differ.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, KeyError> {
    let mut found: Option<String> = None;
    for value in KEY_HEADERS.iter().flat_map(|name| headers.get_all(name)) {
        let key = key_of(value.as_bytes().trim_ascii())?;
        match &found {
            Some(first) if *first != key => return Err(KeyError::Differ),
            Some(_) => {}
            None => found = Some(key),
        }
    }
    Ok(found)
}

/// The key that one header names.
fn key_of(value: &[u8]) -> Result<String, KeyError> {
    let key = if value.starts_with(b"\"") {
        unquoted(value)?
    } else {
        if value.contains(&b',') {
            return Err(KeyError::Comma);
        }
        String::from_utf8(value.to_vec()).map_err(|_| KeyError::NotAscii)?
    };
    check(&key)?;
    Ok(key)
}

/// The content of a structured-field string; its parameters mean nothing here.
fn unquoted(value: &[u8]) -> Result<String, KeyError> {
    // A character outside ASCII is no quoting mistake: say what it is.
    if !value.is_ascii() {
        return Err(KeyError::NotAscii);
    }
    let item: Item = Parser::new(value).parse().map_err(|_| KeyError::Quoting)?;
    match item.bare_item {
        BareItem::String(text) => Ok(text.as_str().to_owned()),
        BareItem::Boolean(_)
        | BareItem::ByteSequence(_)
        | BareItem::Date(_)
        | BareItem::Decimal(_)
        | BareItem::DisplayString(_)
        | BareItem::Integer(_)
        | BareItem::Token(_) => Err(KeyError::Quoting),
    }
}

fn check(key: &str) -> Result<(), KeyError> {
    if key.is_empty() {
        return Err(KeyError::Empty);
    }
    for character in key.chars() {
        match character {
            '!'..='~' => {}
            ' ' => return Err(KeyError::Space),
            _ if character.is_ascii() => return Err(KeyError::Control),
            _ => return Err(KeyError::NotAscii),
        }
    }
    // All ASCII now: bytes are characters.
    if key.len() > IDEMPOTENCY_KEY_CHARS_MAX {
        return Err(KeyError::TooLong { chars: key.len() });
    }
    Ok(())
}

/// How many seconds `Prefer: wait=N` (RFC 7240) asks to wait, at most [`PREFER_WAIT_SECONDS_MAX`].
/// The first `wait` counts; one that is no number is ignored, as every preference may be.
#[must_use]
pub fn prefer_wait(headers: &HeaderMap) -> Option<u64> {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| split_unquoted(value, ','));
    let wait = preferences.find_map(|preference| {
        let preference = split_unquoted(preference, ';').next()?;
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        name.trim().eq_ignore_ascii_case("wait").then_some(value.trim())
    })?;
    seconds(wait.strip_prefix('"').and_then(|wait| wait.strip_suffix('"')).unwrap_or(wait))
}

/// A number of seconds. However many digits it has, it ends at the most we wait.
fn seconds(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX).min(PREFER_WAIT_SECONDS_MAX))
}

/// The parts between separators that stand outside quoted strings.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        character == separator && !quoted
    })
}

/// The client's own id of the request, if it is one that can be logged and sent back as it is.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    ((1..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(sane)).then_some(id)
}

#[cfg(test)]
mod tests;
