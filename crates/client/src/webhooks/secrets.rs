//! Secrets, and what is signed with them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::VerifyError;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// What a signature begins with that is made with a secret.
const VERSION: &str = "v1,";

/// Bytes that a secret has at least, by the specification. One that is shorter was cut off, or is none.
pub const SECRET_BYTES_MIN: usize = 24;

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// There is none.
    #[error("there is no secret")]
    None,
    /// It does not begin as secrets of webhooks do.
    #[error("a secret of webhooks begins with {PREFIX}")]
    Prefix,
    /// What follows is no base64.
    #[error("what follows {PREFIX} is not base64")]
    Base64,
    /// It is too short.
    #[error("a secret has at least {SECRET_BYTES_MIN} bytes")]
    Length,
}

/// The secrets of an endpoint: one, or several while it is rotated, or while two endpoints lead to one receiver.
///
/// ```
/// use bookonce_client::webhooks::{SecretError, Secrets};
///
/// assert!(Secrets::new(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]).is_ok());
/// // As it is kept in a variable while there are two.
/// let two = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// assert!(Secrets::new(two.split_whitespace()).is_ok());
/// assert_eq!(Secrets::new(["bo_live_1"]).err(), Some(SecretError::Prefix));
/// ```
#[derive(Clone)]
pub struct Secrets(Vec<Hmac<Sha256>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// Secrets as the server has shown them: `whsec_…`.
    ///
    /// # Errors
    /// [`SecretError`] says what is wrong with the first that is none.
    pub fn new<T: AsRef<str>>(secrets: impl IntoIterator<Item = T>) -> Result<Self, SecretError> {
        let keys: Result<Vec<_>, _> = secrets.into_iter().map(|it| key(it.as_ref())).collect();
        let keys = keys?;
        if keys.is_empty() { Err(SecretError::None) } else { Ok(Self(keys)) }
    }

    /// Whether one of the signatures is by one of the secrets. None is left out because another one fits.
    pub(super) fn check(&self, signed: &[&[u8]], signatures: &str) -> Result<(), VerifyError> {
        let signatures: Vec<&str> =
            signatures.split(' ').filter_map(|it| it.strip_prefix(VERSION)).collect();
        if signatures.is_empty() {
            return Err(VerifyError::NoKnownSignature);
        }
        let mut fits = false;
        for key in &self.0 {
            let mut mac = key.clone();
            signed.iter().for_each(|part| mac.update(part));
            for signature in &signatures {
                let bytes = STANDARD.decode(signature).unwrap_or_default();
                fits |= mac.clone().verify_slice(&bytes).is_ok();
            }
        }
        if fits { Ok(()) } else { Err(VerifyError::WrongSignature) }
    }
}

fn key(secret: &str) -> Result<Hmac<Sha256>, SecretError> {
    let text = secret.trim().strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
    let bytes = STANDARD.decode(text).map_err(|_| SecretError::Base64)?;
    if bytes.len() < SECRET_BYTES_MIN {
        return Err(SecretError::Length);
    }
    Hmac::new_from_slice(&bytes).map_err(|_| SecretError::Length)
}
