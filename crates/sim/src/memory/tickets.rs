//! Reads about tickets of a store in memory.

use domain::id::{AccountId, BookingId, EventId, ZoneId};
use domain::pool::{Pool, PoolId, SeatNo};
use domain::tickets::booking::Booking;
use domain::tickets::event::{Event, ZoneStock};
use engine::StoreError;
use engine::reads::Page;
use engine::tickets::{BookingFilter, BookingView, EventView, SeatView, TicketReads};

use super::{Data, MemoryStore};

impl TicketReads for MemoryStore {
    fn event(&self, account: AccountId, id: EventId) -> Result<Option<EventView>, StoreError> {
        let data = self.data();
        Ok(data.events.get(&(account, id)).map(|event| data.event_view(event)))
    }

    fn events(
        &self,
        account: AccountId,
        page: Page<EventId>,
    ) -> Result<Vec<EventView>, StoreError> {
        let data = self.data();
        let newest = data.events.iter().rev().filter(|((of, _), _)| *of == account);
        let below = newest.filter(|((_, id), _)| page.after.is_none_or(|after| *id < after));
        Ok(below.take(page.limit).map(|(_, event)| data.event_view(event)).collect())
    }

    fn zone(&self, account: AccountId, id: ZoneId) -> Result<Option<ZoneStock>, StoreError> {
        Ok(self.data().zone_stock(account, id))
    }

    fn seats(
        &self,
        account: AccountId,
        zone: ZoneId,
        page: Page<SeatNo>,
    ) -> Result<Vec<SeatView>, StoreError> {
        let data = self.data();
        let Some(layout) = data.layouts.get(&(account, zone)) else { return Ok(Vec::new()) };
        let numbered = (1_u32..).map(SeatNo).zip(layout.labels());
        let rest = numbered.filter(|(number, _)| page.after.is_none_or(|after| *number > after));
        let view = |(number, label): (SeatNo, &String)| {
            let pool = data.pools.get(&(account, PoolId::seat(zone, number)));
            let pool = pool.copied().unwrap_or(Pool::new(1));
            SeatView { number, label: label.clone(), pool }
        };
        Ok(rest.take(page.limit).map(view).collect())
    }

    fn booking(
        &self,
        account: AccountId,
        id: BookingId,
    ) -> Result<Option<BookingView>, StoreError> {
        let data = self.data();
        Ok(data.bookings.get(&(account, id)).map(|booking| data.booking_view(booking)))
    }

    fn bookings(
        &self,
        account: AccountId,
        filter: BookingFilter,
        page: Page<BookingId>,
    ) -> Result<Vec<BookingView>, StoreError> {
        let data = self.data();
        let newest = data.bookings.iter().rev().filter(|((of, _), _)| *of == account);
        let below = newest.filter(|((_, id), _)| page.after.is_none_or(|after| *id < after));
        let wanted = below.map(|(_, booking)| booking).filter(|booking| {
            filter.person.is_none_or(|person| booking.person == person)
                && filter.event.is_none_or(|event| booking.event == event)
                && filter.status.is_none_or(|status| booking.status == status)
        });
        Ok(wanted.take(page.limit).map(|booking| data.booking_view(booking)).collect())
    }
}

impl Data {
    fn event_view(&self, event: &Event) -> EventView {
        let zones = self.event_zones((event.account, event.id)).into_iter().flatten();
        let zones = zones.filter_map(|zone| self.zone_stock(event.account, zone)).collect();
        EventView { event: event.clone(), zones }
    }

    fn zone_stock(&self, account: AccountId, id: ZoneId) -> Option<ZoneStock> {
        let zone = self.zones.get(&(account, id))?.clone();
        let pool = *self.pools.get(&(account, PoolId::zone(id)))?;
        Some(ZoneStock { zone, pool })
    }

    fn booking_view(&self, booking: &Booking) -> BookingView {
        let payment =
            booking.payment.and_then(|id| self.payments.get(&(booking.account, id)).cloned());
        BookingView { booking: booking.clone(), payment }
    }
}
