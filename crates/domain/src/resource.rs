//! What can be sold: whatever payments, deadlines and answers may be about.

use crate::any_id::any_id;
use crate::id::{AccountId, BookingId};
use crate::time::Timestamp;
use crate::world::World;

any_id! {
    /// Something that can be sold, by its id.
    pub enum Resource {
        /// A booking of tickets.
        Booking(BookingId) in bookings,
    }
    /// The text is the id of nothing that can be sold. A newer program may sell more.
    else NoResource = "must be the id of something that can be sold";
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
