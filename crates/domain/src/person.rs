//! People: rows of their own, so that everything else can refer to them and they can be erased.

use crate::id::PersonId;
use crate::time::Timestamp;

/// A person as the client names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Keyed hash of account and `user_id`, made at the edge.
    pub id: PersonId,
    /// The client's own word for the person.
    pub user_id: String,
    /// When they were first seen.
    pub created_at: Timestamp,
}
