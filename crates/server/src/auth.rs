//! Who asks: secret keys and customer tokens, and what they may do.

mod customers;
mod keyring;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use domain::id::{AccountId, KeyId, PersonId};
use domain::record::FIRST_SECRET;
use domain::{Actor, Command, Reply, Timestamp};
use engine::credentials::{Credentials, Mode, Scope, Scopes};
use engine::reads::Reads;
use engine::{Clock, Handle, StoreError};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::call::READ_SECONDS;
use crate::config::CustomersSettings;
use crate::limit::Buckets;
use crate::request_log::{Credential, Sender};
use crate::secrets::{Numbered, Secrets};
use crate::start::of_system;
use customers::Customers;
use keyring::KeyRing;

/// Random bytes of a secret key.
const KEY_BYTES: usize = 32;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Their account; live and test are two.
    pub account: AccountId,
    /// Which of the two it is.
    pub mode: Mode,
    /// Who acts, for the record.
    pub actor: Actor,
    /// What they may do.
    pub scopes: Scopes,
    /// The key that they have, or that minted their token. Tokens of earlier releases do not say.
    pub key: Option<KeyId>,
    /// The customer, if it is a customer's token.
    pub customer: Option<Customer>,
    /// Their rate limit; `None` is unlimited.
    pub buckets: Option<Arc<Buckets>>,
}

/// A customer who acts for themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customer {
    /// The client's word for them.
    pub user_id: String,
    /// Which person that is.
    pub person: PersonId,
}

/// Why nobody is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// There is no `Authorization: Bearer …`.
    Missing,
    /// It is no credential of this server.
    Unknown,
    /// It is a token whose time is over.
    Expired,
    /// It is a key that was revoked, or a token that it minted.
    Revoked {
        /// Whose it was.
        account: AccountId,
        /// The key.
        key: KeyId,
    },
    /// It could not be checked; then nobody is let in.
    Unavailable(StoreError),
}

impl Caller {
    /// Who it is, for the log.
    pub(crate) const fn sender(&self) -> Sender {
        let credential =
            if self.customer.is_some() { Credential::Customer } else { Credential::Key };
        Sender { credential, account: Some(self.account), key: self.key }
    }
}

impl AuthError {
    /// Who it was, for the log.
    pub(crate) const fn sender(&self) -> Option<Sender> {
        match *self {
            Self::Missing => Some(Credential::None.alone()),
            Self::Unknown => Some(Credential::Unknown.alone()),
            Self::Expired => Some(Credential::Expired.alone()),
            Self::Revoked { account, key } => {
                let (account, key) = (Some(account), Some(key));
                Some(Sender { credential: Credential::Revoked, account, key })
            }
            Self::Unavailable(_) => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    acc: String,
    iat: i64,
    /// The first whole second at which it has ended: readers of JWTs know no fractions.
    exp: i64,
    /// The key that minted it: it ends with that. Tokens of earlier releases have none, and end by
    /// themselves, within a day.
    #[serde(default)]
    key: Option<String>,
    /// The millisecond at which it ends, as its holder was told. Tokens of earlier releases have none.
    #[serde(default)]
    exp_ms: Option<i64>,
    /// Which person `sub` is. Tokens of earlier releases have none, and name whoever is called that.
    #[serde(default)]
    per: Option<String>,
}

const ISSUER: &str = "bookonce";

/// Checks credentials.
pub(crate) struct Auth {
    keys: Arc<KeyRing>,
    reads: Arc<dyn Reads>,
    engine: Handle,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
    customers: Customers,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Auth")
    }
}

/// A new secret key: `bo_live_…` or `bo_test_…`, with 256 random bits.
#[must_use]
pub fn new_secret(mode: Mode) -> String {
    secret_of(mode, rand::random())
}

/// The secret key with these bits.
#[must_use]
pub fn secret_of(mode: Mode, bits: [u8; KEY_BYTES]) -> String {
    let mut secret = format!("bo_{}_", mode.as_str());
    for byte in bits {
        secret.push_str(&format!("{byte:02x}"));
    }
    secret
}

/// What is kept of a secret key. It has 256 random bits, so a plain hash cannot be reversed.
#[must_use]
pub fn hash_secret(secret: &str) -> [u8; 32] {
    *blake3::hash(secret.as_bytes()).as_bytes()
}

/// What the store knows of those who ask.
pub(crate) struct Stored {
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) reads: Arc<dyn Reads>,
    /// Makes whoever is nobody yet.
    pub(crate) engine: Handle,
}

impl Auth {
    /// Checks credentials against what is `stored`; keys that do not say may send `rate_default`
    /// requests per second, 0 for any number, and customers what `customers` says.
    #[must_use]
    pub(crate) fn new(
        stored: Stored,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
        rate_default: u32,
        customers: CustomersSettings,
    ) -> Self {
        let Stored { credentials, reads, engine } = stored;
        let keys = Arc::new(KeyRing::new(credentials, Arc::clone(&clock), rate_default));
        Self {
            keys,
            reads,
            engine,
            secrets,
            customers: Customers::new(customers, Arc::clone(&clock)),
            clock,
        }
    }

    /// Who sends these headers.
    ///
    /// # Errors
    /// [`AuthError`].
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, AuthError> {
        let credential = bearer(headers).ok_or(AuthError::Missing)?;
        if credential.starts_with("bo_live_") || credential.starts_with("bo_test_") {
            self.keys.caller(credential).await
        } else {
            self.token_caller(credential).await
        }
    }

    async fn token_caller(&self, token: &str) -> Result<Caller, AuthError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The engine's clock decides, like everywhere.
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["iss", "sub", "exp"]);
        let secret = secret_of_token(token)?;
        let key = self.secrets.token_key_of(secret).ok_or(AuthError::Unknown)?;
        let key = DecodingKey::from_secret(key);
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &validation);
        let claims = decoded.map_err(|_| AuthError::Unknown)?.claims;
        let account: AccountId = claims.acc.parse().map_err(|_| AuthError::Unknown)?;
        let ends = claims.exp_ms.unwrap_or_else(|| claims.exp.saturating_mul(1_000));
        if ends <= self.clock.now().as_millis() {
            return Err(AuthError::Expired);
        }
        // Tokens of earlier releases do not say which key minted them.
        let (mut mode, mut minted_by) = (Mode::Live, None);
        if let Some(key) = &claims.key {
            let key: KeyId = key.parse().map_err(|_| AuthError::Unknown)?;
            minted_by = Some(key);
            let minter = self.keys.minter(key).await?;
            if minter.account != account {
                return Err(AuthError::Unknown);
            }
            mode = minter.mode;
        }
        let person = match &claims.per {
            Some(person) => person.parse().map_err(|_| AuthError::Unknown)?,
            None => self.called(account, &claims.sub).await?,
        };
        Ok(Caller {
            account,
            mode,
            actor: Actor::Customer(person),
            scopes: Scopes::of(&[Scope::Book, Scope::Read]),
            key: minted_by,
            customer: Some(Customer { user_id: claims.sub, person }),
            buckets: self.customers.buckets(person),
        })
    }

    /// Who is called that. Whoever is nobody yet becomes somebody: what they do is remembered by who they are.
    async fn called(&self, account: AccountId, user_id: &str) -> Result<PersonId, AuthError> {
        let user = self.secrets.user(account, user_id.to_owned());
        let (reads, handles) = (Arc::clone(&self.reads), user.handles.clone());
        let read = tokio::task::spawn_blocking(move || reads.person(account, &handles));
        let limit = Duration::from_secs(READ_SECONDS);
        let unavailable = |why: &str| {
            AuthError::Unavailable(StoreError::Unavailable(format!(
                "a person could not be found: {why}"
            )))
        };
        let read =
            tokio::time::timeout(limit, read).await.map_err(|_| unavailable("it took too long"))?;
        let found = read.map_err(|_| unavailable("it was cancelled"))?;
        if let Some(found) = found.map_err(AuthError::Unavailable)? {
            return Ok(found);
        }
        let made = of_system(&self.engine, account, Command::MintToken { user, seconds: 0 }).await;
        let made = made.map_err(|fault| unavailable(&fault.to_string()))?;
        match made.reply() {
            Some(Reply::Token { person, .. }) => Ok(*person),
            Some(_) | None => Err(unavailable(&format!("{made:?}"))),
        }
    }

    /// A token for a customer, which ends with the key that asked for it at the latest.
    ///
    /// # Errors
    /// When it could not be signed.
    pub(crate) fn mint(
        &self,
        account: AccountId,
        actor: &Actor,
        customer: &Customer,
        expires_at: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let ends_ms = expires_at.as_millis();
        let key = match actor {
            Actor::Key(key) => Some(key.to_string()),
            Actor::Customer(_) | Actor::System => None,
        };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: customer.user_id.clone(),
            acc: account.to_string(),
            iat: self.clock.now().as_millis().div_euclid(1_000),
            exp: ends_ms.saturating_add(999).div_euclid(1_000),
            key,
            exp_ms: Some(ends_ms),
            per: Some(customer.person.to_string()),
        };
        let Numbered { secret, key } = self.secrets.token_key();
        // Tokens of the first secret are as they were before there could be another.
        let kid = (secret > FIRST_SECRET).then(|| secret.to_string());
        let header = Header { kid, ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key))
    }
}

/// Number of the secret that a token says it is signed with.
fn secret_of_token(token: &str) -> Result<Option<u8>, AuthError> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Unknown)?;
    header.kid.map(|kid| kid.parse()).transpose().map_err(|_| AuthError::Unknown)
}

/// What follows the scheme `Bearer`, which may be written in any case, if that is there and not empty.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    let credential = credential.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty()).then_some(credential)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_earlier_releases_can_be_read() {
        let text = r#"{"iss":"bookonce","sub":"ann","acc":"acc_1","iat":1,"exp":61}"#;
        let claims: Claims = serde_json::from_str(text).expect("claims");
        assert_eq!((claims.exp, claims.exp_ms, claims.key, claims.per), (61, None, None, None));
    }
}
