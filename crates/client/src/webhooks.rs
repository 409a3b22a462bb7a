//! Webhooks: whether a request is from the server that has the secret, and what it says.
//!
//! Deliveries are signed by the [Standard Webhooks](https://www.standardwebhooks.com) specification: `webhook-signature`
//! has HMAC-SHA256 over `id.timestamp.body`, as many times as there are secrets. Check the bytes as they came; a body that
//! was parsed and written again is another one.
//!
//! A receiver with a small HTTP server:
//!
//! ```no_run
//! use bookonce_client::webhooks::{Headers, Secrets, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! # let secret = "whsec_…";
//! let secrets = Secrets::new([secret])?;
//! let server = tiny_http::Server::http("127.0.0.1:8000")?;
//! for mut request in server.incoming_requests() {
//!     let mut body = Vec::new();
//!     request.as_reader().read_to_end(&mut body)?;
//!     let pairs = request.headers().iter();
//!     let headers = Headers::of_pairs(pairs.map(|it| (it.field.as_str().as_str(), it.value.as_str())));
//!     let status = match verify(&secrets, headers, &body) {
//!         Ok(event) => {
//!             println!("{} says {}", event.id, event.envelope()?.kind);
//!             204
//!         }
//!         Err(why) => {
//!             eprintln!("refused: {why}");
//!             401
//!         }
//!     };
//!     request.respond(tiny_http::Response::empty(status))?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! An event may come more than once: remember [`Event::id`] in the transaction of what you do with it, or keep the last
//! [`Envelope::resource_seq`] of each resource.

#[cfg(feature = "envelope")]
mod envelope;
mod headers;
mod secrets;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "envelope")]
pub use envelope::Envelope;
pub use headers::Headers;
pub use secrets::{SECRET_BYTES_MIN, SecretError, Secrets};

/// A request that was sent longer ago, or will be sent later than this, is not believed: somebody else may have kept it.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// The header that names the event.
pub const ID: &str = "webhook-id";
/// The header that says when it was sent.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// Which check failed. Answer 401, and do nothing with the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header is missing.
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    /// `webhook-timestamp` is no number of seconds since 1970.
    #[error("the header {TIMESTAMP} is not a number of seconds since 1970")]
    Timestamp,
    /// It was sent too long ago: somebody may have kept it and sends it again, or this machine's clock is fast.
    #[error("it was sent {seconds} s ago, more than {} s; or this machine's clock is fast", TOLERANCE.as_secs())]
    TooOld {
        /// How long ago.
        seconds: u64,
    },
    /// It comes from the future: this machine's clock, or the sender's, is wrong.
    #[error("it was sent {seconds} s from now, more than {} s; is this machine's clock slow?", TOLERANCE.as_secs())]
    TooNew {
        /// How far from now.
        seconds: u64,
    },
    /// `webhook-signature` has no signature of a kind that is known here (`v1`).
    #[error("the header {SIGNATURE} has no signature of version v1")]
    NoKnownSignature,
    /// No signature is by one of the secrets over this id, timestamp and body: it is forged, its body was changed on its
    /// way, or it is of another endpoint.
    #[error("no signature fits the secret, {ID}, {TIMESTAMP} and the body")]
    WrongSignature,
}

/// An event that is from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Names the event: the same at each attempt and for each endpoint. What was done under this id is not done again.
    pub id: &'a str,
    /// When this attempt was sent, to the second. What happened may have happened long before.
    pub sent_at: SystemTime,
    /// What it says, as it came.
    pub body: &'a [u8],
}

/// Checks a request that arrives now, by the clock of this machine.
///
/// # Errors
/// [`VerifyError`] says which check failed.
pub fn verify<'a>(
    secrets: &Secrets,
    headers: Headers<'a>,
    body: &'a [u8],
) -> Result<Event<'a>, VerifyError> {
    #[expect(clippy::disallowed_methods, reason = "the convenience over `verify_at`")]
    let now = SystemTime::now();
    verify_at(secrets, headers, body, now)
}

/// Checks a request that arrived at `now`. Every signature is compared with that of every secret, in a time that says
/// nothing of them.
///
/// # Errors
/// [`VerifyError`] says which check failed.
///
/// # Examples
/// The vector of the specification's own libraries:
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use bookonce_client::webhooks::{Headers, Secrets, VerifyError, verify_at};
///
/// let secrets = Secrets::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])?;
/// let headers = Headers {
///     id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek"),
///     timestamp: Some("1614265330"),
///     signature: Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
/// };
/// let now = UNIX_EPOCH + Duration::from_secs(1_614_265_400);
/// let event = verify_at(&secrets, headers, br#"{"test": 2432232314}"#, now)?;
/// assert_eq!(event.id, "msg_p5jXN8AQM9LWM0D4loKWxJek");
///
/// let changed = verify_at(&secrets, headers, br#"{"test": 2432232315}"#, now);
/// assert_eq!(changed, Err(VerifyError::WrongSignature));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify_at<'a>(
    secrets: &Secrets,
    headers: Headers<'a>,
    body: &'a [u8],
    now: SystemTime,
) -> Result<Event<'a>, VerifyError> {
    let id = headers.id.ok_or(VerifyError::MissingHeader(ID))?;
    let timestamp = headers.timestamp.ok_or(VerifyError::MissingHeader(TIMESTAMP))?;
    let signature = headers.signature.ok_or(VerifyError::MissingHeader(SIGNATURE))?;
    let sent_at = instant(timestamp).ok_or(VerifyError::Timestamp)?;
    check_age(sent_at, now)?;
    // As it came: another spelling of the same number is not what was signed.
    secrets.check(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", body], signature)?;
    Ok(Event { id, sent_at, body })
}

fn instant(timestamp: &str) -> Option<SystemTime> {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = timestamp.parse().ok().filter(|_| digits)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn check_age(sent_at: SystemTime, now: SystemTime) -> Result<(), VerifyError> {
    // Whole seconds, as the header has them.
    let (old, new) = (now.duration_since(sent_at), sent_at.duration_since(now));
    let [old, new] = [old, new].map(|age| age.map_or(0, |age| age.as_secs()));
    if old > TOLERANCE.as_secs() {
        Err(VerifyError::TooOld { seconds: old })
    } else if new > TOLERANCE.as_secs() {
        Err(VerifyError::TooNew { seconds: new })
    } else {
        Ok(())
    }
}
