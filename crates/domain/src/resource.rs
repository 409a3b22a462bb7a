//! What can be sold: whatever payments, deadlines and answers may be about.

use core::fmt;
use core::str::FromStr;

use crate::id::{AccountId, BookingId, IdError};
use crate::time::Timestamp;
use crate::world::World;

/// Something that can be sold, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A booking of tickets.
    Booking(BookingId),
}

impl From<BookingId> for Resource {
    fn from(id: BookingId) -> Self {
        Self::Booking(id)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Booking(id) => id.fmt(out),
        }
    }
}

impl FromStr for Resource {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self::Booking)
    }
}

/// When something that was sold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It ended then, or will.
    At(Timestamp),
    /// Nobody can know yet.
    Unknown,
}

impl Resource {
    /// When it ends, as far as the world knows; `None` where it is not there.
    #[must_use]
    pub fn end(self, account: AccountId, world: &World) -> Option<End> {
        match self {
            Self::Booking(id) => {
                let booking = world.bookings.get(&(account, id))?;
                Some(booking.end(world.events.get(&(account, booking.event))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EventId;

    #[test]
    fn a_resource_reads_as_its_id() {
        let booking = BookingId::from_raw(7);
        let resource = Resource::from(booking);
        assert_eq!(resource.to_string(), booking.to_string());
        assert_eq!(resource.to_string().parse(), Ok(resource));
        for text in ["", "bkg_", &EventId::from_raw(7).to_string()] {
            assert!(text.parse::<Resource>().is_err(), "{text:?}");
        }
    }
}
