//! What a command is: which rows it needs, whose queue it waits in, and what comes of it. All of that stands
//! in the command's own file.

use core::fmt::Debug;

use crate::activity::{Feed, LowWaterMark};
use crate::allowance::AllowanceId;
use crate::claimant::Claimant;
use crate::decide::{Context, Decision};
use crate::id::{AccountId, BookingId, EventId, PersonId, ZoneId};
use crate::intent::Intent;
use crate::job::{Job, JobId};
use crate::keys::{Keys, need};
use crate::payment::PaymentReference;
use crate::person::User;
use crate::pool::PoolId;
use crate::record::{IntentKey, NamedKey, Record};
use crate::reject::Reject;
use crate::resource::Resource;
use crate::tables::Held;
use crate::world::{Of, World};

/// Whose queue an intent waits in. Those that take from the same pools should meet in one batch; where they
/// do not, the store's locks put them in order, only slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Its account's.
    Account,
    /// The event's.
    Event(EventId),
    /// The booking's.
    Booking(BookingId),
}

/// A command.
pub(crate) trait Rule {
    /// Whose queue it waits in.
    fn lane(&self) -> Lane {
        Lane::Account
    }

    /// Asks for the rows that deciding reads. It is asked again as long as some of them were missing, as
    /// rows may name further ones.
    fn needs(&self, needs: &mut Needs<'_>);

    /// What comes of it.
    ///
    /// # Errors
    /// Why nothing does.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject>;
}

/// What a command of an account asks for: what the world does not hold yet of it is loaded.
pub(crate) struct Needs<'a> {
    /// Whose things it is about.
    pub(crate) account: AccountId,
    /// What was loaded so far.
    pub(crate) world: &'a World,
    /// What is missing.
    pub(crate) keys: &'a mut Keys,
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident($id:ident: $kind:ty) $table:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) fn $name(&mut self, $id: $kind) {
            need(&mut self.keys.$table, &self.world.$table, &(self.account, $id));
        }
    )+};
}

impl Needs<'_> {
    needs! {
        /// An event.
        event(id: EventId) events;
        /// A pool.
        pool(id: PoolId) pools;
        /// An allowance.
        allowance(id: AllowanceId) allowances;
        /// The payment with a reference, if there is one.
        reference(reference: PaymentReference) payment_references;
        /// The seats of a zone.
        layout(zone: ZoneId) layouts;
        /// Which of them are held or sold.
        taken_seats(zone: ZoneId) taken_seats;
    }

    /// A row of any table that is stored.
    pub(crate) fn row<R: Held<Key: Ord + Debug + Clone>>(&mut self, key: &R::Key) {
        need(R::keys_mut(self.keys), R::table(self.world), key);
    }

    /// Whoever a client names; the person, if they are known by now.
    pub(crate) fn user(&mut self, user: &User) -> Option<PersonId> {
        let account = self.account;
        let mut found = None;
        for handle in user.handles.all() {
            let key = (account, handle);
            need(&mut self.keys.handles, &self.world.handles, &key);
            found = found.or_else(|| self.world.handles.peek(&key).copied());
        }
        found
    }

    /// The head of the account's feed: an entry may be put into it.
    pub(crate) fn feed(&mut self) {
        let account = self.account;
        self.row::<Feed>(&account);
    }

    /// How much of the account's feed is gone.
    pub(crate) fn low_water_mark(&mut self) {
        let account = self.account;
        self.row::<LowWaterMark>(&account);
    }

    /// The record of a key.
    pub(crate) fn record(&mut self, key: &IntentKey) {
        self.row::<Record>(key);
    }

    /// The record of a key, whatever it is called; whether it is known to be there.
    pub(crate) fn named(&mut self, key: &NamedKey) -> bool {
        key.all().for_each(|name| self.record(name));
        key.all().any(|name| self.world.records.peek(name).is_some())
    }

    /// A job.
    pub(crate) fn job(&mut self, id: &Of<JobId>) {
        self.row::<Job>(id);
    }

    /// An event, its zones and their pools.
    pub(crate) fn event_with_zones(&mut self, id: EventId) {
        self.event(id);
        let key = (self.account, id);
        let zones = need(&mut self.keys.event_zones, &self.world.event_zones, &key);
        for zone in zones.into_iter().flatten() {
            self.zone_with_pool(*zone);
        }
    }

    /// A zone and its pool.
    pub(crate) fn zone_with_pool(&mut self, id: ZoneId) {
        need(&mut self.keys.zones, &self.world.zones, &(self.account, id));
        self.pool(PoolId::zone(id));
    }

    /// The pools of those of the zone's seats that have these labels.
    pub(crate) fn seats(&mut self, zone: ZoneId, labels: &[String]) {
        self.layout(zone);
        let Some(layout) = self.world.layouts.peek(&(self.account, zone)) else { return };
        for seat in labels.iter().filter_map(|label| layout.number(label)) {
            self.pool(PoolId::seat(zone, seat));
        }
    }

    /// A booking and all that changes with it.
    pub(crate) fn booking(&mut self, id: BookingId) {
        let key = (self.account, id);
        let booking = need(&mut self.keys.bookings, &self.world.bookings, &key);
        let Some(booking) = booking else { return };
        self.event(booking.event);
        self.stock(booking);
        if let Some(payment) = booking.payment {
            need(&mut self.keys.payments, &self.world.payments, &(self.account, payment));
        }
    }

    /// The stock that moves with a claimant.
    pub(crate) fn stock(&mut self, claimant: &impl Claimant) {
        claimant.claims().for_each(|claim| self.pool(claim.pool));
        if let Some(counted) = claimant.allowance() {
            self.allowance(counted.allowance);
        }
    }

    /// What is asked when a record's time may be over: it, and when what was sold with it ends.
    pub(crate) fn record_with_end(&mut self, key: &IntentKey) {
        self.record(key);
        match self.world.records.peek(key).and_then(Record::sold) {
            Some(Resource::Booking(id)) => {
                let id = (key.account, id);
                let booking = need(&mut self.keys.bookings, &self.world.bookings, &id);
                let Some(booking) = booking else { return };
                need(&mut self.keys.events, &self.world.events, &(key.account, booking.event));
            }
            None => {}
        }
    }
}
