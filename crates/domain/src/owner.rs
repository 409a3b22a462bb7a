//! What pools belong to.

use crate::any_id::any_id;
use crate::id::ZoneId;

any_id! {
    /// Whoever owns pools, by its id. It says what the parts of it are that its pools count.
    pub enum Owner {
        /// A zone of an event. Part 0 is all of its units, any other part its seat with that number.
        Zone(ZoneId) in zones,
    }
    /// The text is the id of nothing that owns pools. A newer program may know more.
    else NoOwner = "must be the id of something that owns pools";
}

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
