//! Ids of several kinds, which their texts tell apart.

/// Declares an enum of ids, a line for each kind with the table that has it, and the error of a text that is
/// none of them. It reads as the id that it is.
macro_rules! any_id {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$kind_meta:meta])* $kind:ident($id:ty) in $table:ident,)+
        }
        $(#[$none_meta:meta])*
        else $none:ident = $message:literal;
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$kind_meta])* $kind($id),)+
        }

        $(impl From<$id> for $name {
            fn from(id: $id) -> Self {
                Self::$kind(id)
            }
        })+

        impl $name {
            /// Whether the account has it, as far as the world knows.
            #[must_use]
            pub fn is_there(
                self,
                account: $crate::id::AccountId,
                world: &$crate::world::World,
            ) -> bool {
                match self {
                    $(Self::$kind(id) => world.$table.peek(&(account, id)).is_some(),)+
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $(Self::$kind(id) => id.fmt(out),)+
                }
            }
        }

        impl core::str::FromStr for $name {
            type Err = $none;

            fn from_str(text: &str) -> Result<Self, $none> {
                $(if let Ok(id) = text.parse::<$id>() {
                    return Ok(Self::$kind(id));
                })+
                Err($none)
            }
        }

        $(#[$none_meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $none;

        impl core::fmt::Display for $none {
            fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                out.write_str($message)
            }
        }

        impl core::error::Error for $none {}
    };
}

pub(crate) use any_id;
