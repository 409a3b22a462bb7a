//! Reserve: hold units for a person until a deadline.

use crate::activity::ActivityKind;
use crate::allowance::AllowanceId;
use crate::decide::draft::{Draft, Told};
use crate::decide::rule::{Lane, Needs, Rule};
use crate::decide::stock::{self, Exceeded, Shortage};
use crate::decide::{Context, Decision};
use crate::id::{BookingId, PersonId};
use crate::intent::Intent;
use crate::limits::QUANTITY_MAX;
use crate::money::{DecimalError, Money};
use crate::pool::{Claim, Pool, PoolId, SeatNo};
use crate::reject::Reject;
use crate::reply::Reply;
use crate::tickets::booking::{Booking, Seat, Status};
use crate::tickets::event::{Event, Zone};
use crate::tickets::intent::{NewBooking, Wanted};
use crate::tickets::reject::TicketReject;
use crate::tickets::seat_set::SeatSet;
use crate::tickets::seats;
use crate::world::World;

impl Rule for NewBooking {
    fn lane(&self) -> Lane {
        Lane::Event(self.event)
    }

    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.event(self.event);
        needs.zone_with_pool(self.zone);
        if let Some(person) = needs.user(&self.user) {
            needs.allowance(self.allowance(person));
        }
        match &self.wanted {
            Wanted::Units(_) => {}
            Wanted::Best(_) => {
                needs.layout(self.zone);
                needs.taken_seats(self.zone);
            }
            Wanted::Seats(labels) => needs.seats(self.zone, labels),
        }
    }

    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let account = intent.account;
        let quantity = self.wanted.quantity();
        assert!((1..=QUANTITY_MAX).contains(&quantity), "the edge checks the quantity");

        let OnSale { event, zone } = on_sale(world, intent, cx, self).map_err(Reject::Ticket)?;
        let total = price(event, zone, self).map_err(Reject::Ticket)?;
        let known = world.person_of(account, &self.user.handles);
        let allowance = known.map(|person| world.allowance(account, self.allowance(person)));
        let allowance = allowance.unwrap_or_default();
        stock::check_allowance(allowance, quantity, event.max_per_user).map_err(
            |Exceeded { taken }| {
                let max = event.max_per_user;
                let reject = TicketReject::MaxTicketsExceeded { max, taken, requested: quantity };
                Reject::Ticket(reject)
            },
        )?;
        let seats = choose_seats(world, intent, zone, &self.wanted).map_err(Reject::Ticket)?;
        // Seats are free, or they would not have been chosen.
        let units = Claim { pool: PoolId::zone(zone.id), units: quantity };
        stock::check_claims(world, account, [units]).map_err(|it| insufficient(zone, it))?;

        // After this point the hold must succeed.
        let mut draft = Draft::new(world, intent);
        let person = draft.person(cx, &self.user);
        let booking = Booking {
            id: BookingId::from_raw(cx.fresh()),
            account,
            event: event.id,
            zone: zone.id,
            person,
            user_id: self.user.user_id.clone(),
            quantity,
            seats,
            total,
            status: Status::Reserved,
            expires_at: cx.now.plus_seconds(event.hold_seconds),
            created_at: cx.now,
            confirmed_at: None,
            ended_at: None,
            confirmation_code: None,
            cancel_reason: None,
            payment: None,
            intent: intent.key.as_ref().map(|key| key.key.clone()),
            seq: 1,
        };
        draft.move_stock(None, &booking);
        let told = Told { booking: &booking, payment: None };
        draft.put_booking(cx, ActivityKind::BookingReserved, None, told);
        Ok(draft.done(Reply::Booking { booking: Box::new(booking), payment: None, created: true }))
    }
}

impl NewBooking {
    const fn allowance(&self, person: PersonId) -> AllowanceId {
        AllowanceId { event: self.event, person }
    }
}

/// An event and its zone.
struct OnSale<'a> {
    event: &'a Event,
    zone: &'a Zone,
}

/// They are, if they exist and can be booked now.
fn on_sale<'a>(
    world: &'a World,
    intent: &Intent,
    cx: &Context<'_>,
    new: &NewBooking,
) -> Result<OnSale<'a>, TicketReject> {
    let event = world.events.get(&(intent.account, new.event));
    let event = event.ok_or(TicketReject::EventNotFound { event: new.event, named: true })?;
    let zone = world.zones.get(&(intent.account, new.zone));
    let zone = zone.filter(|zone| zone.event == event.id);
    let zone = zone.ok_or(TicketReject::ZoneNotFound { zone: new.zone, named: true })?;
    if !event.on_sale(cx.now) {
        let (opens_at, closes_at) = (event.sales_open_at, event.sales_close_at);
        return Err(TicketReject::SalesClosed { opens_at, closes_at });
    }
    match (&new.wanted, zone.numbered) {
        (Wanted::Units(_), true) => Err(TicketReject::SeatsNeeded),
        (Wanted::Seats(_) | Wanted::Best(_), false) => Err(TicketReject::NotNumbered),
        (Wanted::Units(_), false) | (Wanted::Seats(_) | Wanted::Best(_), true) => {
            Ok(OnSale { event, zone })
        }
    }
}

/// The server sets the price; the client may only say what it expects.
fn price(event: &Event, zone: &Zone, new: &NewBooking) -> Result<Money, TicketReject> {
    let total = zone.price.times(new.wanted.quantity()).expect("the limits of both fit together");
    match new.expected_amount.map(|expected| expected.minor(event.currency)) {
        None => Ok(total),
        Some(Ok(expected)) if expected == total.minor => Ok(total),
        Some(Ok(_) | Err(DecimalError::TooLarge)) => Err(TicketReject::PriceChanged { total }),
        Some(Err(DecimalError::Digits)) => {
            Err(TicketReject::ExpectedAmountInvalid { digits: event.currency.digits() })
        }
    }
}

/// The numbered seats that are wanted, all of them free; none where seats are not numbered.
fn choose_seats(
    world: &World,
    intent: &Intent,
    zone: &Zone,
    wanted: &Wanted,
) -> Result<Vec<Seat>, TicketReject> {
    let key = (intent.account, zone.id);
    let layout = || world.layouts.get(&key).expect("a numbered zone has its seats");
    match wanted {
        Wanted::Units(_) => Ok(Vec::new()),
        Wanted::Best(quantity) => {
            let none = SeatSet::default();
            let taken = world.taken_seats.get(&key).unwrap_or(&none);
            let numbers = seats::best(layout(), taken, *quantity).ok_or_else(|| {
                let pool = world.pool(intent.account, PoolId::zone(zone.id));
                let available = pool.map_or(0, Pool::available);
                let zone = zone.name.clone();
                TicketReject::InsufficientSeats { zone, available, requested: *quantity }
            })?;
            let seat = |number: SeatNo| {
                let label = layout().label(number).expect("a chosen seat is listed").to_owned();
                Seat { number, label }
            };
            Ok(numbers.into_iter().map(seat).collect())
        }
        Wanted::Seats(labels) => {
            let mut seats = Vec::with_capacity(labels.len());
            for (index, label) in labels.iter().enumerate() {
                let label = label.clone();
                match layout().number(&label) {
                    Some(number) => seats.push(Seat { number, label }),
                    None => return Err(TicketReject::SeatNotFound { index, label }),
                }
            }
            let is_taken = |seat: &&Seat| {
                let unit = Claim { pool: PoolId::seat(zone.id, seat.number), units: 1 };
                stock::check_claims(world, intent.account, [unit]).is_err()
            };
            let taken: Vec<_> =
                seats.iter().filter(is_taken).map(|seat| seat.label.clone()).collect();
            if !taken.is_empty() {
                return Err(TicketReject::SeatTaken { labels: taken });
            }
            seats.sort_by_key(|seat| seat.number);
            let distinct = seats.is_sorted_by(|left, right| left.number < right.number);
            assert!(distinct, "the edge checks that labels differ");
            Ok(seats)
        }
    }
}

fn insufficient(zone: &Zone, Shortage { claim, short }: Shortage) -> Reject {
    let (zone, available, requested) = (zone.name.clone(), short.available, claim.units);
    Reject::Ticket(TicketReject::InsufficientSeats { zone, available, requested })
}
