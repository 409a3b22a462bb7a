//! Bookings of tickets: what was claimed, by whom, at what price, and how far it has come.

use crate::allowance::AllowanceId;
use crate::claimant::{Claimant, Counted, Stage};
use crate::deadline::{Deadline, DeadlineKind};
use crate::id::{AccountId, BookingId, EventId, PaymentId, PersonId, ZoneId};
use crate::money::Money;
use crate::pool::{Claim, PoolId, SeatNo};
use crate::record::IntentKey;
use crate::resource::{End, Resource};
use crate::tickets::event::Event;
use crate::time::Timestamp;
use crate::words;

words! {
    /// How far a booking has come. The words are those of the contract.
    pub enum Status {
        /// Units are held until a deadline.
        Reserved = "reserved",
        /// Units are sold.
        Confirmed = "confirmed",
        /// The holder gave the hold back.
        Released = "released",
        /// The hold's deadline passed.
        Expired = "expired",
        /// A confirmed booking was cancelled.
        Cancelled = "cancelled",
    }
}

/// What can happen to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The hold becomes a sale.
    Confirm,
    /// The holder gives the hold back.
    Release,
    /// The deadline passes.
    Expire,
    /// The sale is undone.
    Cancel,
}

/// The transition is not possible from where the booking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFrom(pub Status);

impl Status {
    /// Where `transition` leads from here. The only place where a status changes.
    ///
    /// # Errors
    /// [`NotFrom`] when it leads nowhere.
    pub const fn next(self, transition: Transition) -> Result<Self, NotFrom> {
        match (self, transition) {
            (Self::Reserved, Transition::Confirm) => Ok(Self::Confirmed),
            (Self::Reserved, Transition::Release) => Ok(Self::Released),
            (Self::Reserved, Transition::Expire) => Ok(Self::Expired),
            (Self::Confirmed, Transition::Cancel) => Ok(Self::Cancelled),
            (
                Self::Reserved | Self::Confirmed | Self::Released | Self::Expired | Self::Cancelled,
                _,
            ) => Err(NotFrom(self)),
        }
    }

    /// How far a booking with this status has come with its units.
    #[must_use]
    pub const fn stage(self) -> Stage {
        match self {
            Self::Reserved => Stage::Held,
            Self::Confirmed => Stage::Sold,
            Self::Released | Self::Expired | Self::Cancelled => Stage::Ended,
        }
    }
}

/// A numbered seat of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Its number in the zone.
    pub number: SeatNo,
    /// What is printed on it.
    pub label: String,
}

/// A booking of tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// Whose it is.
    pub account: AccountId,
    /// The event.
    pub event: EventId,
    /// The zone.
    pub zone: ZoneId,
    /// Who holds or owns it.
    pub person: PersonId,
    /// The client's word for that person; stored with the person only.
    pub user_id: String,
    /// Units of the zone.
    pub quantity: u32,
    /// The numbered seats, in the zone's order; empty where seats are not numbered.
    pub seats: Vec<Seat>,
    /// What it costs, as the server set it when it was reserved.
    pub total: Money,
    /// How far it has come.
    pub status: Status,
    /// The hold ends then, unless it is confirmed earlier.
    pub expires_at: Timestamp,
    /// When it was reserved.
    pub created_at: Timestamp,
    /// When it was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When it was released, expired or cancelled.
    pub ended_at: Option<Timestamp>,
    /// What the guest shows at the door; random.
    pub confirmation_code: Option<String>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// The payment that confirmed it; none for a free one.
    pub payment: Option<PaymentId>,
    /// The intent that made it: evidence when somebody asks why there are two.
    pub intent: Option<IntentKey>,
    /// Number of its last activity, which is also the number of its activities.
    pub seq: u32,
}

impl Booking {
    /// What happens to it by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        (self.status == Status::Reserved).then_some(Deadline {
            due_at: self.expires_at,
            account: self.account,
            resource: Resource::Booking(self.id),
            kind: DeadlineKind::Hold,
        })
    }

    /// When it ended or will: a sale ends with its event.
    #[must_use]
    pub fn end(&self, event: Option<&Event>) -> End {
        let end = match self.status {
            Status::Released | Status::Expired | Status::Cancelled => self.ended_at,
            Status::Reserved => Some(self.expires_at),
            Status::Confirmed => event.map(|event| event.starts_at).max(self.confirmed_at),
        };
        end.map_or(End::Unknown, End::At)
    }

    /// Whether the hold has ended at `now`: the deadline itself is too late.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status == Status::Reserved && self.expires_at <= now
    }
}

impl Claimant for Booking {
    fn account(&self) -> AccountId {
        self.account
    }

    /// The zone's units, and each seat.
    fn claims(&self) -> impl Iterator<Item = Claim> {
        let zone = Claim { pool: PoolId::zone(self.zone), units: self.quantity };
        let seat = |seat: &Seat| Claim { pool: PoolId::seat(self.zone, seat.number), units: 1 };
        core::iter::once(zone).chain(self.seats.iter().map(seat))
    }

    fn stage(&self) -> Stage {
        self.status.stage()
    }

    /// Its units count for its person.
    fn allowance(&self) -> Option<Counted> {
        let allowance = AllowanceId { event: self.event, person: self.person };
        Some(Counted { allowance, units: self.quantity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claimant::walk::check_claimant;
    use expect_test::expect;

    /// A booking of two units, with or without their seats.
    fn booking(seats: Vec<Seat>, status: Status) -> Booking {
        let at = Timestamp::default();
        Booking {
            id: BookingId::from_raw(1),
            account: AccountId::from_raw(2),
            event: EventId::from_raw(3),
            zone: ZoneId::from_raw(4),
            person: PersonId::from_raw(5),
            user_id: "ann".to_owned(),
            quantity: 2,
            seats,
            total: Money::new(0, crate::Currency::new("USD").expect("a currency")),
            status,
            expires_at: at,
            created_at: at,
            confirmed_at: None,
            ended_at: None,
            confirmation_code: None,
            cancel_reason: None,
            payment: None,
            intent: None,
            seq: 1,
        }
    }

    #[test]
    fn a_booking_moves_what_it_claims() {
        let seat = |number| Seat { number: SeatNo(number), label: number.to_string() };
        for ended in [Status::Released, Status::Expired, Status::Cancelled] {
            for seats in [vec![], vec![seat(3), seat(4)]] {
                check_claimant(|stage| {
                    let status = match stage {
                        Stage::Held => Status::Reserved,
                        Stage::Sold => Status::Confirmed,
                        Stage::Ended => ended,
                    };
                    booking(seats.clone(), status)
                });
            }
        }
    }

    #[test]
    fn units_and_seats_are_claimed() {
        let seat = |number| Seat { number: SeatNo(number), label: number.to_string() };
        let claims: String = booking(vec![seat(3), seat(4)], Status::Reserved)
            .claims()
            .map(|Claim { pool, units }| format!("{units} of {pool:?}\n"))
            .collect();
        expect![[r#"
            2 of Zone(zon_00000000000000000000000004)
            1 of Zone(zon_00000000000000000000000004)/3
            1 of Zone(zon_00000000000000000000000004)/4
        "#]]
        .assert_eq(&claims);
    }

    #[test]
    fn all_transitions() {
        use Transition::{Cancel, Confirm, Expire, Release};
        let mut table = String::new();
        for status in Status::ALL {
            for transition in [Confirm, Release, Expire, Cancel] {
                let to = status.next(transition).map_or("-", Status::as_str);
                table += &format!("{:<10}{:<8} {to}\n", status.as_str(), format!("{transition:?}"));
            }
        }
        expect![[r"
            reserved  Confirm  confirmed
            reserved  Release  released
            reserved  Expire   expired
            reserved  Cancel   -
            confirmed Confirm  -
            confirmed Release  -
            confirmed Expire   -
            confirmed Cancel   cancelled
            released  Confirm  -
            released  Release  -
            released  Expire   -
            released  Cancel   -
            expired   Confirm  -
            expired   Release  -
            expired   Expire   -
            expired   Cancel   -
            cancelled Confirm  -
            cancelled Release  -
            cancelled Expire   -
            cancelled Cancel   -
        "]]
        .assert_eq(&table);
    }
}
