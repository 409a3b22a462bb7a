//! Request bodies as the idempotency key binds them: the JSON as it was received.
//!
//! [`parse`] leaves a tree that serves both purposes: [`fingerprints`] hashes it and [`Canonical::decode`]
//! reads the typed request from it, so that what is hashed is what is done. [`check`] goes over the bytes
//! for their syntax alone (RFC 8259, and stricter where two readers of one text could differ) and keeps
//! nothing: it is for bodies whose sender nobody knows.
//!
//! Two documents are the same when they differ in white space, in the order of members or in how
//! characters are escaped, and in nothing else: `1`, `1.0` and `1e0` are three documents.

#[cfg(test)]
mod agreement_tests;
mod decode;
mod mend;
mod path;
mod scan;
#[cfg(test)]
mod shuffle_tests;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use domain::record::{Fingerprint, Fingerprints};
use percent_encoding::percent_decode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::refusal::Invalid;
use crate::secrets::{Numbered, Secrets};

pub use self::decode::FieldError;
pub use self::mend::WRONG_FIELDS_MAX;
pub use self::path::FieldPath;
pub use self::scan::{Reason, SyntaxError};

/// Arrays and objects inside each other.
pub const JSON_DEPTH_MAX: usize = 32;

/// Values of a document, each member of an object counted three times. A value takes up to 20 times
/// the memory of its text; what fits here are as many seats as the body of an event can name.
pub const JSON_VALUES_MAX: usize = 1 << 20;

/// The first bytes of every hash: changes when what is hashed changes.
const FINGERPRINT_VERSION: &[u8] = b"bookonce request 1";

/// As many bytes as are hashed for most requests.
const HASHED_BYTES: usize = 512;

/// Where the API is mounted a second time; `/api/v1/…` and `/v1/…` are one path.
const MOUNT: &str = "/api";

/// A JSON document whose syntax is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical<'a> {
    root: Node<'a>,
}

/// A value. Text without escapes is borrowed from the body.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node<'a> {
    Null,
    Bool(bool),
    /// As it was written.
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Self>),
    /// Sorted by name, and no name twice.
    Object(Vec<Member<'a>>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member<'a> {
    name: Cow<'a, str>,
    /// Where its name begins.
    at: usize,
    value: Node<'a>,
}

/// Checks the syntax of a request body in one pass, without memory for what is in it.
///
/// # Errors
/// [`SyntaxError`] for everything that [`parse`] refuses, except members that appear twice.
pub fn check(body: &[u8]) -> Result<(), SyntaxError> {
    if body.is_empty() { Ok(()) } else { scan::check(body) }
}

/// Reads a request body. An empty one is the document `{}`: every member may be left out there.
///
/// # Errors
/// [`SyntaxError`] for everything that is not one JSON document, or one that readers could
/// understand differently: members twice, U+0000, lone surrogates, depth over [`JSON_DEPTH_MAX`].
pub fn parse(body: &[u8]) -> Result<Canonical<'_>, SyntaxError> {
    if body.is_empty() {
        return Ok(Canonical { root: Node::Object(Vec::new()) });
    }
    Ok(Canonical { root: scan::document(body)? })
}

impl Canonical<'_> {
    /// The document as a request.
    ///
    /// Objects are read from objects only, never from arrays; and no message repeats a value, since
    /// it might be one that must not stand in an error.
    ///
    /// # Errors
    /// [`FieldError`] names the field and says what it must be.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self) -> Result<T, FieldError> {
        T::deserialize(&self.root)
    }

    /// What is done with the document as a request.
    ///
    /// # Errors
    /// Every field that is wrong, by its form or by what `meaning` says of it.
    pub(crate) fn read<T: DeserializeOwned, Meaning>(
        &self,
        meaning: impl FnOnce(T) -> Result<Meaning, Invalid>,
    ) -> Result<Meaning, Invalid> {
        let first = match self.decode() {
            Ok(request) => return meaning(request),
            Err(first) => first,
        };
        let found = mend::mistakes(&self.root, first);
        let wrong: Vec<_> = found.errors.iter().map(FieldError::field).collect();
        let more = found.mended.and_then(|request| meaning(request).err());
        Err(Invalid::unreadable(wrong, more))
    }

    /// Adds the document to what is hashed, so that no two documents add the same bytes.
    pub fn feed(&self, hashed: &mut Vec<u8>) {
        self.root.feed(hashed);
    }
}

impl Node<'_> {
    /// Every value begins with its type, and whatever has a length says it before its content.
    fn feed(&self, hashed: &mut Vec<u8>) {
        match self {
            Self::Null => tag(hashed, b'n'),
            Self::Bool(true) => tag(hashed, b't'),
            Self::Bool(false) => tag(hashed, b'f'),
            Self::Number(digits) => {
                tag(hashed, b'#');
                part(hashed, digits.as_bytes());
            }
            Self::String(text) => {
                tag(hashed, b'"');
                part(hashed, text.as_bytes());
            }
            Self::Array(items) => {
                tag(hashed, b'[');
                length(hashed, items.len());
                for item in items {
                    item.feed(hashed);
                }
            }
            Self::Object(members) => {
                tag(hashed, b'{');
                length(hashed, members.len());
                for member in members {
                    part(hashed, member.name.as_bytes());
                    member.value.feed(hashed);
                }
            }
        }
    }
}

/// What an idempotency key is bound to: method, path, query and body, hashed with each of the secrets.
///
/// The path loses its mount; the query is taken as a set of decoded pairs, since their order means
/// nothing to any route.
#[must_use]
pub fn fingerprints(
    secrets: &Secrets,
    method: &str,
    path: &str,
    query: &str,
    body: &Canonical<'_>,
) -> Fingerprints {
    let hashed = hashed(method, path, query, body);
    let mut all = secrets.fingerprint_keys().map(|Numbered { secret, key }| {
        Fingerprint::new(secret, *blake3::keyed_hash(key, &hashed).as_bytes())
    });
    let current = all.next().expect("there is a current secret");
    Fingerprints { current, others: all.collect() }
}

fn hashed(method: &str, path: &str, query: &str, body: &Canonical<'_>) -> Vec<u8> {
    // Gathered first: the hash takes many bytes at once faster than a few at a time.
    let mut hashed = Vec::with_capacity(HASHED_BYTES);
    part(&mut hashed, FINGERPRINT_VERSION);
    part(&mut hashed, method.as_bytes());
    part(&mut hashed, unmounted(path).as_bytes());
    let pairs = query_pairs(query);
    length(&mut hashed, pairs.len());
    for (name, value) in &pairs {
        part(&mut hashed, name);
        part(&mut hashed, value);
    }
    body.feed(&mut hashed);
    hashed
}

/// The hash with one key.
#[cfg(test)]
fn fingerprint(
    key: &[u8; 32],
    method: &str,
    path: &str,
    query: &str,
    body: &Canonical<'_>,
) -> [u8; 32] {
    *blake3::keyed_hash(key, &hashed(method, path, query, body)).as_bytes()
}

/// The path without the mount: `/api/v1/events` is `/v1/events`.
fn unmounted(path: &str) -> &str {
    match path.strip_prefix(MOUNT) {
        Some(rest) if rest == "/v1" || rest.starts_with("/v1/") => rest,
        Some(_) | None => path,
    }
}

/// The pairs of a query string, decoded and sorted.
fn query_pairs(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    pairs.sort_unstable();
    pairs
}

/// A name or value of a query string: `+` is a space, `%` begins a byte.
fn decoded(text: &str) -> Vec<u8> {
    percent_decode(text.replace('+', " ").as_bytes()).collect()
}

fn tag(hashed: &mut Vec<u8>, tag: u8) {
    hashed.push(tag);
}

fn length(hashed: &mut Vec<u8>, length: usize) {
    // A length of this process fits; the type is fixed so that every platform hashes alike.
    hashed.extend_from_slice(&(length as u64).to_le_bytes());
}

fn part(hashed: &mut Vec<u8>, bytes: &[u8]) {
    length(hashed, bytes.len());
    hashed.extend_from_slice(bytes);
}
