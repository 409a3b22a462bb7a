//! Bookings that a store has before it is measured: made by the engine and rendered as the server
//! renders them, without HTTP, by a clock of their own that ends before the present does.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use domain::id::{BookingId, EventId, ZoneId};
use domain::intent::NewPayment;
use domain::limits::CAPACITY_MAX;
use domain::money::Currency;
use domain::payment::Method;
use domain::policy::Terms;
use domain::record::Answer;
use domain::retention::{ACTIVITY_DAYS_DEFAULT, Retention};
use domain::tickets::intent::{Confirmation, NewBooking, NewEvent, NewZone, Wanted};
use domain::time::{DAY_MS, SECOND_MS};
use domain::{Command, Intent};
use engine::credentials::Key;
use engine::reads::{Page, Reads};
use engine::tickets::EventView;
use engine::{Clock, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use server::secrets::Secrets;
use server::stores::{Address, ClockOf, Serving};
use server::{EMBEDDED_BATCH_MAX, Embedded, Sent};

use super::work::{RESERVE, confirm_body, confirm_path, reserve_body};
use crate::failpoints;
use crate::flags::Failure;

/// Earlier bookings that may be asked for. They have one zone to themselves.
const EARLIER_MAX: u64 = 100_000_000;
const _: () = assert!(EARLIER_MAX <= CAPACITY_MAX as u64, "one zone has room for them");

/// They are made within so long, on their own clock: less than an answer is kept.
const SPAN_MS: i64 = DAY_MS / 2;
/// Their last entries of the feed are older by so much than entries are kept …
const OVERDUE_MS: i64 = (ACTIVITY_DAYS_DEFAULT + OVERDUE_DAYS) * DAY_MS;
/// … which go by the day, and the measurement may last.
const OVERDUE_DAYS: i64 = 30;
/// A hold lasts as long as it does where an event does not say.
const HOLD_SECONDS: u32 = domain::limits::HOLD_SECONDS_DEFAULT;
const HOLD_MS: i64 = HOLD_SECONDS as i64 * SECOND_MS;
/// So many of ten are confirmed; the others expire.
const CONFIRMED_OF_TEN: u64 = 7;
/// Events of the account that are looked at together.
const EVENTS_LOOKED_AT: usize = 100;

/// Which earlier bookings a store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Earlier {
    pub(super) bookings: u64,
    /// Whether their answers and their activity have to be removed.
    pub(super) overdue: bool,
}

impl Earlier {
    /// So many.
    ///
    /// # Errors
    /// When they are more than [`EARLIER_MAX`].
    pub(super) fn new(bookings: u64, overdue: bool) -> Result<Self, Failure> {
        if bookings > EARLIER_MAX {
            return Err(format!("--earlier: must be at most {EARLIER_MAX}").into());
        }
        Ok(Self { bookings, overdue: overdue && bookings > 0 })
    }

    /// The event that they are of. The store is known by it.
    const fn event(self) -> &'static str {
        if self.overdue { "Bench, overdue" } else { "Bench, earlier" }
    }

    const fn confirmed(self) -> u64 {
        let rest = self.bookings % 10;
        let rest = if rest < CONFIRMED_OF_TEN { rest } else { CONFIRMED_OF_TEN };
        self.bookings / 10 * CONFIRMED_OF_TEN + rest
    }

    /// When they begin and end on their clock, if they were made at `now`.
    const fn span(self, now: Timestamp) -> [Timestamp; 2] {
        let end = if self.overdue { now.plus_millis(-OVERDUE_MS) } else { now };
        [end.plus_millis(-SPAN_MS), end]
    }

    /// Makes them for the key's account, unless the store has them.
    pub(super) fn make(
        self,
        address: &Address,
        secrets_file: Option<&Path>,
        holder: &Key,
    ) -> Result<(), Failure> {
        if self.bookings == 0 {
            return Ok(());
        }
        let [begin, end] = self.span(address.now()?);
        let reads = address.reads()?;
        if let Some(found) = self.find(reads.as_ref(), holder)? {
            return self.compare(&found);
        }
        if reads.last_instant()?.is_some_and(|last| last > begin) {
            let told = "--earlier: something happened in this store since the instant at which its \
                        earlier bookings would begin; name a store that is new";
            return Err(told.into());
        }
        let secrets = address.secrets(secrets_file)?;
        let plan = Plan { earlier: self, begin, end };
        Fill::begin(address, secrets, holder, plan)?.fill()
    }

    fn find(self, reads: &dyn Reads, holder: &Key) -> Result<Option<EventView>, Failure> {
        let mut after = None;
        loop {
            let events = reads.events(holder.account, Page { after, limit: EVENTS_LOOKED_AT })?;
            after = events.last().map(|view| view.event.id);
            if after.is_none() {
                return Ok(None);
            }
            let found = events.into_iter().find(|view| view.event.name == self.event());
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Whether an event that was found has as many bookings as it should.
    fn compare(self, found: &EventView) -> Result<(), Failure> {
        let sold: u64 = found.zones.iter().map(|stock| u64::from(stock.pool.sold())).sum();
        if sold == self.confirmed() {
            return Ok(());
        }
        let confirmed = self.confirmed();
        let told = format!(
            "--earlier: this store has other earlier bookings, {sold} of them confirmed instead of \
             {confirmed}; name a store that is new"
        );
        Err(told.into())
    }
}

/// The clock of the earlier bookings: it stands until it is moved on.
#[derive(Debug)]
struct PastClock(AtomicI64);

impl PastClock {
    fn move_to(&self, at: Timestamp) {
        self.0.fetch_max(at.as_millis(), Ordering::Relaxed);
    }
}

impl Clock for PastClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(0).saturating_mul(1_000)
    }

    fn pause(&self, _time: std::time::Duration) {}
}

/// What is made, and from when to when.
#[derive(Clone, Copy)]
struct Plan {
    earlier: Earlier,
    begin: Timestamp,
    end: Timestamp,
}

/// A store that is filled.
struct Fill<'a> {
    engine: Embedded,
    secrets: Secrets,
    clock: Arc<PastClock>,
    holder: &'a Key,
    plan: Plan,
    event: EventId,
    zone: ZoneId,
    rng: StdRng,
}

impl<'a> Fill<'a> {
    /// Opens the store, and puts the event on sale.
    fn begin(
        address: &Address,
        secrets: Secrets,
        holder: &'a Key,
        plan: Plan,
    ) -> Result<Self, Failure> {
        let clock = Arc::new(PastClock(AtomicI64::new(plan.begin.as_millis())));
        let failpoints = failpoints::from_environment()?;
        let serving = Serving { writers: 1, clock: ClockOf::Engine, failpoints };
        let store = address.serve(&serving)?.stores.pop().ok_or("the store has no writer")?;
        let its_clock: Arc<dyn Clock> = Arc::<PastClock>::clone(&clock);
        let mut engine = Embedded::new(store, secrets.clone(), its_clock, Retention::default());
        let sent = Sent { path: "/api/v1/events", key: None, body: "{}" };
        let created = engine.intent(holder, sent, Command::CreateEvent(event(plan)?))?;
        let answer = only(engine.decide(&[created])?)?;
        let shown: Value = serde_json::from_slice(&answer.body)?;
        let text = |pointer: &str| shown.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let (event, zone) = (text("/id").parse()?, text("/zones/0/id").parse()?);
        let rng = StdRng::from_seed(server::random_bytes());
        Ok(Self { engine, secrets, clock, holder, plan, event, zone, rng })
    }

    fn fill(mut self) -> Result<(), Failure> {
        let bar = bar(self.plan.earlier.bookings)?;
        let mut made = 0;
        while made < self.plan.earlier.bookings {
            self.clock.move_to(self.instant(made));
            let count = (self.plan.earlier.bookings - made).min(EMBEDDED_BATCH_MAX as u64);
            let bookings = self.reserve(count)?;
            let to_confirm = (made..).zip(bookings).filter(|(no, _)| no % 10 < CONFIRMED_OF_TEN);
            let to_confirm: Vec<_> = to_confirm.map(|(_, booking)| booking).collect();
            self.confirm(&to_confirm)?;
            made += count;
            bar.set_position(made);
        }
        // The last of them expire as well.
        self.clock.move_to(self.plan.end);
        self.engine.end_holds()?;
        bar.finish_and_clear();
        Ok(())
    }

    /// When the booking with this number is made: evenly, and so that the last hold can end in time.
    fn instant(&self, number: u64) -> Timestamp {
        let span = i128::from(self.plan.end.millis_since(self.plan.begin).saturating_sub(HOLD_MS));
        let passed = span * i128::from(number) / i128::from(self.plan.earlier.bookings.max(1));
        self.plan.begin.plus_millis(i64::try_from(passed).unwrap_or(0))
    }

    /// Each for somebody new, under a new key.
    fn reserve(&mut self, count: u64) -> Result<Vec<BookingId>, Failure> {
        let (event, zone, account) = (self.event, self.zone, self.holder.account);
        let (event_text, zone_text) = (event.to_string(), zone.to_string());
        let mut intents = Vec::with_capacity(EMBEDDED_BATCH_MAX);
        for _ in 0..count {
            // Chance has no order, as with the keys and users of many clients.
            let key = format!("{:032x}", self.rng.random::<u128>());
            let user = format!("{:016x}", self.rng.random::<u64>());
            let body = reserve_body(&event_text, &zone_text, &user).concat();
            let command = Command::Reserve(NewBooking {
                event,
                zone,
                wanted: Wanted::Units(1),
                user: self.secrets.user(account, user),
                expected_amount: None,
            });
            intents
                .push(self.intent(Sent { path: RESERVE, key: Some(&key), body: &body }, command)?);
        }
        let booking = |outcome| {
            let answer = answer(outcome)?;
            let location = answer.location.as_deref().unwrap_or("");
            Ok(location.rsplit('/').next().unwrap_or("").parse()?)
        };
        self.engine.decide(&intents)?.into_iter().map(booking).collect()
    }

    fn confirm(&mut self, bookings: &[BookingId]) -> Result<(), Failure> {
        let mut intents = Vec::with_capacity(bookings.len());
        for &booking in bookings {
            let text = booking.to_string();
            let payment =
                NewPayment { method: Method::External, reference: format!("paid-{text}") };
            let command = Command::Confirm(Confirmation { booking, payment: Some(payment) });
            let (path, key) = (confirm_path(&text), format!("pay-{text}"));
            let body = confirm_body(&text).concat();
            intents.push(self.intent(Sent { path: &path, key: Some(&key), body: &body }, command)?);
        }
        self.engine.decide(&intents)?.into_iter().try_for_each(|it| answer(it).map(drop))
    }

    fn intent(&mut self, sent: Sent<'_>, command: Command) -> Result<Intent, Failure> {
        Ok(self.engine.intent(self.holder, sent, command)?)
    }
}

/// What all of them are of.
fn event(plan: Plan) -> Result<NewEvent, Failure> {
    let Plan { earlier, end, .. } = plan;
    // Long ago once they are overdue, with all that lasts until it has begun; else it is still to come.
    let starts_at = if earlier.overdue { end } else { end.plus_millis(365 * DAY_MS) };
    let zone =
        NewZone { name: "Floor".to_owned(), capacity: CAPACITY_MAX, price: 1_000, seats: vec![] };
    Ok(NewEvent {
        name: earlier.event().to_owned(),
        starts_at,
        currency: Currency::new("USD").ok_or("USD is a currency")?,
        max_per_user: 1,
        hold_seconds: HOLD_SECONDS,
        sales_open_at: None,
        sales_close_at: None,
        terms: Terms::default(),
        zones: vec![zone],
    })
}

fn only(outcomes: Vec<Outcome>) -> Result<Arc<Answer>, Failure> {
    answer(outcomes.into_iter().next().ok_or("there is no answer")?)
}

/// What was answered, which has to be a success.
fn answer(outcome: Outcome) -> Result<Arc<Answer>, Failure> {
    match outcome {
        Outcome::Decided(answer, _) if (200..300).contains(&answer.status) => Ok(answer),
        Outcome::Decided(answer, _) | Outcome::Replayed(answer) => {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            Err(format!("--earlier: an answer was {}: {body}", answer.status).into())
        }
        Outcome::Malformed => Err("--earlier: a request was not understood".into()),
        Outcome::Failed(why) | Outcome::Unavailable(why) => {
            Err(format!("--earlier: a request failed: {why}").into())
        }
    }
}

/// Drawn on a terminal only.
fn bar(bookings: u64) -> Result<ProgressBar, Failure> {
    let filling = "{bar:30} {human_pos} of {human_len} earlier bookings ({per_sec}, {eta})";
    Ok(ProgressBar::new(bookings).with_style(ProgressStyle::with_template(filling)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier(bookings: u64) -> Earlier {
        Earlier::new(bookings, false).unwrap()
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        assert_eq!(earlier(EARLIER_MAX).bookings, EARLIER_MAX);
        let refused = Earlier::new(EARLIER_MAX + 1, false).unwrap_err().to_string();
        assert_eq!(refused, "--earlier: must be at most 100000000");
        assert!(!Earlier::new(0, true).unwrap().overdue, "none of them is");
    }

    #[test]
    fn seven_of_ten_are_confirmed() {
        for bookings in [0, 1, 6, 7, 8, 9, 10, 11, 300, 1_027] {
            let counted = (0..bookings).filter(|no| no % 10 < CONFIRMED_OF_TEN).count() as u64;
            assert_eq!(earlier(bookings).confirmed(), counted, "of {bookings}");
        }
    }

    #[test]
    fn only_overdue_bookings_are_for_clean_up() {
        let (now, retention) = (Timestamp::from_millis(1 << 42), Retention::default());
        let activity_before = retention.activity_before(now).unwrap();
        let [begin, end] = earlier(1).span(now);
        assert!(begin.plus_millis(retention.answer_ms) > now && begin > activity_before);
        assert_eq!(end, now, "never later than the present");
        let [begin, end] = Earlier::new(1, true).unwrap().span(now);
        assert!(begin < end && end.plus_millis(retention.answer_ms) < now);
        assert!(end < activity_before);
    }
}
