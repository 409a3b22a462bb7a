//! The rate limits of customers: a bucket for each who was here lately, in bounded memory.
//!
//! Buckets are kept in two halves. Whoever asks is put into the recent one. After as long as a bucket takes
//! to fill, or as soon as it has no room, the recent half becomes the earlier one, and what the earlier one
//! still had is forgotten. So forgetting a bucket gives nobody anything, as it is full by then; unless more
//! than half of [`CUSTOMERS_MAX`] others come within that time: then whoever came before all of them may be
//! forgotten, and starts with a full one.

use std::collections::HashMap;
use std::mem;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::PersonId;
use engine::Clock;

use crate::config::CustomersSettings;
use crate::limit::Buckets;

/// Customers whose buckets are kept.
pub(super) const CUSTOMERS_MAX: usize = 100_000;

/// The buckets of customers.
pub(super) struct Customers {
    /// `None` is unlimited.
    limits: Option<Limits>,
    clock: Arc<dyn Clock>,
    half_max: usize,
    halves: Mutex<Halves>,
}

#[derive(Clone, Copy)]
struct Limits {
    rate: NonZeroU32,
    burst: NonZeroU32,
}

type Half = HashMap<PersonId, Arc<Buckets>>;

#[derive(Default)]
struct Halves {
    recent: Half,
    earlier: Half,
    turned_at_micros: u64,
}

impl Customers {
    /// Nobody has been here yet.
    pub(super) fn new(settings: CustomersSettings, clock: Arc<dyn Clock>) -> Self {
        let limits = NonZeroU32::new(settings.rate)
            .zip(NonZeroU32::new(settings.burst))
            .map(|(rate, burst)| Limits { rate, burst });
        Self { limits, clock, half_max: CUSTOMERS_MAX / 2, halves: Mutex::default() }
    }

    /// The customer's buckets; `None` is unlimited.
    pub(super) fn buckets(&self, person: PersonId) -> Option<Arc<Buckets>> {
        let limits = self.limits?;
        let now = self.clock.micros();
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let Halves { recent, earlier, turned_at_micros } = &mut *halves;
        let mut forgotten = Half::new();
        let is_over = now.saturating_sub(*turned_at_micros) >= limits.fill_micros();
        if is_over || recent.len() >= self.half_max && !recent.contains_key(&person) {
            forgotten = mem::replace(earlier, mem::take(recent));
            *turned_at_micros = now;
        }
        let known = recent.get(&person).map(Arc::clone);
        let buckets = known.unwrap_or_else(|| {
            let buckets = earlier.remove(&person).or_else(|| forgotten.remove(&person));
            let buckets = buckets.unwrap_or_else(|| limits.full(&self.clock));
            recent.insert(person, Arc::clone(&buckets));
            buckets
        });
        // Others go on while many are forgotten.
        drop(halves);
        drop(forgotten);
        Some(buckets)
    }
}

impl Limits {
    fn full(self, clock: &Arc<dyn Clock>) -> Arc<Buckets> {
        Arc::new(Buckets::with_burst(self.rate, self.burst, Arc::clone(clock)))
    }

    /// How long an empty bucket takes to fill, whichever of the two.
    fn fill_micros(self) -> u64 {
        u64::from(self.burst.get()).saturating_mul(1_000_000).div_ceil(self.rate.get().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;
    use domain::Timestamp;
    use std::time::Duration;

    /// 5 a second and 20 at once, with room for `half_max` in each half.
    fn customers(half_max: usize) -> (Customers, Arc<TestClock>) {
        let clock = Arc::new(TestClock::new(Timestamp::from_millis(1_771_146_000_000)));
        let customers =
            Customers::new(CustomersSettings::default(), Arc::<TestClock>::clone(&clock));
        (Customers { half_max, ..customers }, clock)
    }

    fn person(number: u64) -> PersonId {
        PersonId::from_raw(number.into())
    }

    impl Customers {
        /// Asks once, and says what is left.
        fn left(&self, number: u64) -> u32 {
            let buckets = self.buckets(person(number)).expect("limited");
            buckets.request().map_or(0, |level| level.remaining)
        }

        fn kept(&self) -> usize {
            let halves = self.halves.lock().unwrap();
            halves.recent.len() + halves.earlier.len()
        }
    }

    #[test]
    fn nobody_takes_from_the_bucket_of_another() {
        let (customers, _clock) = customers(10);
        assert_eq!(customers.left(0), 19);
        for number in 1..20 {
            assert_eq!(customers.left(number), 19, "{number}");
        }
        assert_eq!(customers.left(0), 18);
    }

    #[test]
    fn whoever_comes_again_before_half_a_table_of_others_is_known() {
        // The least lucky: the last of a half.
        for (others, left) in [(10, 18), (11, 19)] {
            let (customers, _clock) = customers(10);
            for number in 1..10 {
                customers.left(number);
            }
            assert_eq!(customers.left(0), 19);
            for number in 0..others {
                assert_eq!(customers.left(100 + number), 19);
            }
            assert_eq!(customers.left(0), left, "after {others} others");
            assert_eq!(customers.left(99 + others), 18, "who came just now is known");
        }
    }

    #[test]
    fn memory_has_an_end() {
        let (small, clock) = customers(10);
        let most = (0..1_000).map(|number| {
            assert_eq!(small.left(number), 19);
            small.kept()
        });
        assert_eq!(most.max(), Some(20));
        let shipped = Customers::new(CustomersSettings::default(), clock);
        assert_eq!(shipped.half_max * 2, CUSTOMERS_MAX);
    }

    #[test]
    fn who_is_silent_is_forgotten_once_their_bucket_is_full_and_not_before() {
        let (customers, clock) = customers(10);
        for left in (0..20).rev() {
            assert_eq!(customers.left(0), left);
        }
        // Whatever the moment at which the halves turn: each time it has what came in meanwhile.
        for millis in [0, 1_000, 3_999, 4_000, 1_000, 3_800, 200, 7_999] {
            clock.advance(Duration::from_millis(millis));
            customers.left(1);
            let came = u32::try_from(millis / 200).unwrap().min(20);
            let had = (0..).take_while(|_| customers.buckets(person(0)).unwrap().request().is_ok());
            assert_eq!(had.count(), came as usize, "after {millis} ms");
        }
        clock.advance(Duration::from_secs(4));
        customers.left(1);
        clock.advance(Duration::from_secs(4));
        customers.left(1);
        assert_eq!(customers.kept(), 1, "nobody else was here");
    }

    #[test]
    fn no_rate_is_unlimited() {
        let clock = Arc::new(TestClock::new(Timestamp::from_millis(0)));
        let settings = CustomersSettings { rate: 0, burst: 20 };
        assert!(Customers::new(settings, clock).buckets(person(1)).is_none());
    }
}
