//! What pools belong to.

use core::fmt;
use core::str::FromStr;

use crate::id::{AccountId, ZoneId};
use crate::world::World;

/// Declares who can own pools, each with the table that has it: a line for each kind. Their ids tell the kinds
/// apart, so an owner reads as its id.
macro_rules! owners {
    ($($(#[$doc:meta])* $kind:ident($id:ty) in $table:ident;)+) => {
        /// Whoever owns pools, by its id. It says what the parts of it are that its pools count.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Owner {
            $($(#[$doc])* $kind($id),)+
        }

        $(impl From<$id> for Owner {
            fn from(id: $id) -> Self {
                Self::$kind(id)
            }
        })+

        impl Owner {
            /// Whether the account has it, as far as the world knows.
            #[must_use]
            pub fn is_there(self, account: AccountId, world: &World) -> bool {
                match self {
                    $(Self::$kind(id) => world.$table.peek(&(account, id)).is_some(),)+
                }
            }
        }

        impl fmt::Display for Owner {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$kind(id) => id.fmt(out),)+
                }
            }
        }

        impl FromStr for Owner {
            type Err = NoOwner;

            fn from_str(text: &str) -> Result<Self, NoOwner> {
                $(if let Ok(id) = text.parse::<$id>() {
                    return Ok(Self::$kind(id));
                })+
                Err(NoOwner)
            }
        }
    };
}

owners! {
    /// A zone of an event. Part 0 is all of its units, any other part its seat with that number.
    Zone(ZoneId) in zones;
}

/// The text is the id of nothing that owns pools. A newer program may know more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOwner;

impl fmt::Display for NoOwner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("must be the id of something that owns pools")
    }
}

impl core::error::Error for NoOwner {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EventId;

    #[test]
    fn an_owner_reads_as_its_id() {
        let zone = ZoneId::from_raw(7);
        let owner = Owner::from(zone);
        assert_eq!(owner.to_string(), zone.to_string());
        assert_eq!(owner.to_string().parse(), Ok(owner));
        for text in ["", "zon_", &EventId::from_raw(7).to_string()] {
            assert_eq!(text.parse::<Owner>(), Err(NoOwner), "{text:?}");
        }
    }
}
