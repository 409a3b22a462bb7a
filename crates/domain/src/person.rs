//! People: rows of their own, so that everything else can refer to them and they can be erased. A person's id
//! says nothing of them; they are found by a keyed hash of what the client calls them.

use core::fmt;
use core::str::FromStr;

use crate::id::{IdError, PersonId};
use crate::record::FIRST_SECRET;
use crate::time::Timestamp;

/// What a person is found by: keyed hash of account and `user_id`, and the number of the secret that is its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    secret: u8,
    hash: u128,
}

impl Handle {
    /// The hash that was made with the secret of that number.
    #[must_use]
    pub const fn new(secret: u8, hash: u128) -> Self {
        Self { secret, hash }
    }

    /// Of somebody whose id is the hash itself, as all ids of people were before secrets could be rotated.
    #[must_use]
    pub const fn of_id(id: PersonId) -> Self {
        Self::new(FIRST_SECRET, id.raw())
    }

    /// Number of the secret that it was made with.
    #[must_use]
    pub const fn secret(&self) -> u8 {
        self.secret
    }

    /// The hash.
    #[must_use]
    pub const fn hash(&self) -> u128 {
        self.hash
    }
}

/// As it is stored: those of the first secret as the ids that they were.
impl fmt::Display for Handle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = PersonId::from_raw(self.hash);
        if self.secret == FIRST_SECRET {
            write!(out, "{id}")
        } else {
            write!(out, "{}.{id}", self.secret)
        }
    }
}

impl FromStr for Handle {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let Some((secret, hash)) = text.split_once('.') else {
            return Ok(Self::of_id(text.parse()?));
        };
        let hash: PersonId = hash.parse()?;
        let strange = IdError { prefix: PersonId::PREFIX };
        let handle = Self::new(secret.parse().map_err(|_| strange)?, hash.raw());
        if handle.to_string() == text { Ok(handle) } else { Err(strange) }
    }
}

/// The handles that the secrets make of one `user_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handles {
    /// What somebody new is found by.
    pub of_new: Handle,
    /// The same, made with each of the other secrets: whoever is there may be found by one of them.
    pub others: Vec<Handle>,
}

impl Handles {
    /// Where no secret was rotated yet.
    #[must_use]
    pub const fn of(hash: u128) -> Self {
        Self { of_new: Handle::new(FIRST_SECRET, hash), others: Vec::new() }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Handle> {
        [self.of_new].into_iter().chain(self.others.iter().copied())
    }
}

/// Somebody as a client names them, who may be a person that is there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The client's own word for the person.
    pub user_id: String,
    /// What they are found by.
    pub handles: Handles,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Drawn by the engine.
    pub id: PersonId,
    /// What they are found by.
    pub handle: Handle,
    /// The client's own word for them.
    pub user_id: String,
    /// When they were first seen.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_of_the_first_secret_are_stored_as_the_ids_that_they_were() {
        let id = PersonId::from_raw(7);
        assert_eq!(Handle::of_id(id).to_string(), id.to_string());
        assert_eq!(Handle::new(2, 7).to_string(), format!("2.{id}"));
        for handle in [Handle::of_id(id), Handle::new(2, u128::MAX), Handle::new(u8::MAX, 0)] {
            assert_eq!(handle.to_string().parse(), Ok(handle));
        }
        for strange in ["", "2", "2.", "1.{id}", "02.{id}", "256.{id}", "2.2.{id}", "{id}."] {
            let text = strange.replace("{id}", &id.to_string());
            assert!(text.parse::<Handle>().is_err(), "{text}");
        }
    }
}
