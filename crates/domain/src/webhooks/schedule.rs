//! When an attempt that failed is followed by the next: a pure function of the attempts so far and a seed.

use crate::time::{DAY_MS, SECOND_MS};

const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How long is waited after each attempt, in milliseconds, before jitter. After the last one there is no more.
pub const WAITS_MS: [i64; 9] = [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];
/// Fewer thousandths of the wait than this are added, so that what failed together does not come back together.
const JITTER_THOUSANDTHS: u64 = 201;
/// A receiver may ask for a longer wait than the schedule's, up to this: a day.
pub const RETRY_AFTER_MS_MAX: i64 = DAY_MS;

/// Milliseconds from a failed attempt to the next; `None` where it is given up. `attempts` are those so far, this one
/// among them. `retry_after_ms` is what the receiver asked for: it is honoured where it is longer.
#[must_use]
pub fn wait_ms(attempts: u32, seed: u64, retry_after_ms: Option<i64>) -> Option<i64> {
    let place = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let wait = *WAITS_MS.get(place)?;
    let thousandths = mixed(seed, attempts) % JITTER_THOUSANDTHS;
    let jitter = i64::try_from(thousandths).unwrap_or(0).saturating_mul(wait) / 1_000;
    let asked = retry_after_ms.unwrap_or(0).clamp(0, RETRY_AFTER_MS_MAX);
    Some(wait.saturating_add(jitter).max(asked))
}

/// Steele, Lea and Flood's mixing function (`SplitMix64`, OOPSLA 2014).
const fn mixed(seed: u64, attempts: u32) -> u64 {
    let mut bits = seed.wrapping_add((attempts as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_the_schedules_and_a_fifth_of_it_at_most() {
        for (attempts, wait) in (1..).zip(WAITS_MS) {
            let waits: Vec<i64> =
                (0..500).filter_map(|seed| wait_ms(attempts, seed, None)).collect();
            assert_eq!(waits.len(), 500);
            assert!(waits.iter().all(|it| (wait..=wait + wait / 5).contains(it)), "{waits:?}");
            assert!(waits.iter().any(|it| *it > wait + wait / 10), "they differ");
        }
        assert_eq!(wait_ms(10, 0, None), None, "ten attempts are all");
        assert_eq!(wait_ms(10, 0, Some(1)), None);
        assert_eq!(wait_ms(0, 0, None), None);
    }

    #[test]
    fn a_receiver_may_ask_for_more_up_to_a_day() {
        assert_eq!(wait_ms(1, 7, Some(60_000)), Some(60_000));
        assert_eq!(wait_ms(1, 7, Some(-1)), wait_ms(1, 7, None));
        assert_eq!(wait_ms(1, 7, Some(0)), wait_ms(1, 7, None), "never less than the schedule");
        assert_eq!(wait_ms(1, 7, Some(RETRY_AFTER_MS_MAX)), Some(RETRY_AFTER_MS_MAX));
        assert_eq!(wait_ms(1, 7, Some(RETRY_AFTER_MS_MAX + 1)), Some(RETRY_AFTER_MS_MAX));
    }

    #[test]
    fn the_same_seed_waits_as_long() {
        assert_eq!(wait_ms(3, 99, None), wait_ms(3, 99, None));
        assert_ne!(wait_ms(3, 99, None), wait_ms(3, 100, None));
    }
}
