//! Deadlines: what happens by itself at an instant, unless something else happens before.

use crate::id::AccountId;
use crate::intent::Command;
use crate::resource::Resource;
use crate::time::Timestamp;
use crate::words;

words! {
    /// What happens. The words are those of the store.
    pub enum DeadlineKind {
        /// A hold ends.
        Hold = "hold",
    }
}

/// A row of the deadlines: that it is there says all. They are in the order in which they are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline {
    /// When. The instant itself is too late for anything else.
    pub due_at: Timestamp,
    /// Whose the resource is.
    pub account: AccountId,
    /// What it happens to.
    pub resource: Resource,
    /// What happens.
    pub kind: DeadlineKind,
}

/// A deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stands;

impl Deadline {
    /// What carries it out. A command that comes too early, or again, changes nothing.
    #[must_use]
    pub const fn command(&self) -> Command {
        match (self.kind, self.resource) {
            (DeadlineKind::Hold, Resource::Booking(id)) => Command::Expire(id),
        }
    }
}
