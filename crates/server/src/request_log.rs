//! What the log says of requests: a line for each at `debug`, at `warn` for the slow ones, and at `info` for those
//! whose sender was turned away. So that no flood fills a disk, what repeats itself is counted, and told once a window.
//!
//! Lines name a route and never a path, ids of keys and never keys, and nobody who buys.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::{AccountId, KeyId};
use wire::Code;

use crate::context::Context;

/// Seconds for which what repeats itself is counted before it is told.
pub const LOG_WINDOW_SECONDS: u64 = 60;
/// The same, for whoever keeps the time.
pub(crate) const LOG_WINDOW: Duration = Duration::from_secs(LOG_WINDOW_SECONDS);
/// Senders who are turned away and counted apart from each other in a window; all others are counted together.
pub const REFUSED_APART_MAX: usize = 100;
/// Slow requests that have a line of their own in a window; further ones are counted.
pub const SLOW_LINES_MAX: u32 = 100;

/// Who sent a request, as the log may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sender {
    /// What they came with.
    pub(crate) credential: Credential,
    /// Whose key it is, where that is known.
    pub(crate) account: Option<AccountId>,
    /// The key, or the one that minted the token, where that is known.
    pub(crate) key: Option<KeyId>,
}

domain::words! {
    /// What somebody came with.
    pub(crate) enum Credential {
        /// A secret key that may be used.
        Key = "key",
        /// A customer's token that may be used.
        Customer = "customer",
        /// Nothing.
        None = "none",
        /// Something that is no credential of this server.
        Unknown = "unknown",
        /// A token whose time is over.
        Expired = "expired",
        /// A key that was revoked, or a token that such a key minted.
        Revoked = "revoked",
    }
}

impl Credential {
    /// Somebody of whom nothing else is known came with this.
    pub(crate) const fn alone(self) -> Sender {
        Sender { credential: self, account: None, key: None }
    }
}

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) cx: &'a Context,
    pub(crate) method: &'static str,
    /// The route's pattern, never the path: that may hold user ids and keys, or a credential that somebody put
    /// there by mistake.
    pub(crate) route: &'a str,
    pub(crate) status: u16,
    /// Of a problem.
    pub(crate) code: Option<Code>,
    /// From the head to the answer, in millionths of a second.
    pub(crate) micros: u64,
}

/// The level and the words of a line; all lines of requests have the same fields.
macro_rules! line {
    ($level:ident, $answered:expr, $message:literal) => {{
        let Answered { cx, method, route, status, code, micros } = $answered;
        let sender = cx.sender.get();
        tracing::$level!(
            request_id = cx.id,
            correlation_id = cx.correlation_id,
            method,
            route,
            status,
            code = code.map(Code::as_str),
            credential = sender.map(|sender| sender.credential.as_str()),
            account = sender.and_then(|sender| sender.account).map(display),
            key = sender.and_then(|sender| sender.key).map(display),
            micros,
            $message
        )
    }};
}

/// What is to be told of requests, and was told.
#[derive(Debug)]
pub(crate) struct RequestLog {
    /// A request that takes as long is slow; `None` if none is.
    slow_micros: Option<u64>,
    window: Mutex<Window>,
}

impl RequestLog {
    /// Requests that take `slow_ms` thousandths of a second are slow; with 0 none is.
    pub(crate) fn new(slow_ms: u32) -> Self {
        let slow_micros = (slow_ms > 0).then(|| u64::from(slow_ms) * 1_000);
        Self { slow_micros, window: Mutex::default() }
    }

    /// Tells of a request.
    pub(crate) fn tell(&self, answered: Answered<'_>) {
        let is_slow = self.slow_micros.is_some_and(|slow| answered.micros >= slow);
        if is_slow && self.window().has_slow_line() {
            line!(warn, answered, "a request was slow");
        } else if let Some(turned_away) = TurnedAway::of(answered)
            && self.window().is_new(turned_away)
        {
            line!(info, answered, "refused");
        } else {
            line!(debug, answered, "request");
        }
    }

    /// Tells what was counted since this was called last.
    pub(crate) fn turn(&self) {
        let Counted { refused, others, slow } = self.window().turn();
        for (TurnedAway { sender, code }, times) in refused {
            tracing::info!(
                times,
                code = code.as_str(),
                credential = sender.map(|sender| sender.credential.as_str()),
                account = sender.and_then(|sender| sender.account).map(display),
                key = sender.and_then(|sender| sender.key).map(display),
                "refused again"
            );
        }
        if others > 0 {
            tracing::info!(times = others, "many others were refused");
        }
        if slow > 0 {
            tracing::warn!(times = slow, "more requests were slow");
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody whose credential or rate does not allow what they asked for, and which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TurnedAway {
    sender: Option<Sender>,
    code: Code,
}

impl TurnedAway {
    fn of(answered: Answered<'_>) -> Option<Self> {
        let is_meant = |code: &Code| {
            matches!(code, Code::Unauthorized | Code::Forbidden | Code::TooManyRequests)
        };
        let code = answered.code.filter(is_meant)?;
        Some(Self { sender: answered.cx.sender.get().copied(), code })
    }
}

/// What happened since it was told last.
#[derive(Debug, Default)]
struct Window {
    /// How often each was turned away without a line. Whoever is here has had one, in this window or before.
    refused: BTreeMap<TurnedAway, u64>,
    others: u64,
    slow_lines: u32,
    slow: u64,
}

/// What a window has counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    refused: Vec<(TurnedAway, u64)>,
    others: u64,
    slow: u64,
}

impl Window {
    /// Whether this one is to be told at once; otherwise it is counted.
    fn is_new(&mut self, who: TurnedAway) -> bool {
        if let Some(times) = self.refused.get_mut(&who) {
            *times = times.saturating_add(1);
            return false;
        }
        let has_room = self.refused.len() < REFUSED_APART_MAX;
        if has_room {
            self.refused.insert(who, 0);
        } else {
            self.others = self.others.saturating_add(1);
        }
        has_room
    }

    /// Whether a slow request has a line of its own; otherwise it is counted.
    fn has_slow_line(&mut self) -> bool {
        let has_room = self.slow_lines < SLOW_LINES_MAX;
        if has_room {
            self.slow_lines += 1;
        } else {
            self.slow = self.slow.saturating_add(1);
        }
        has_room
    }

    /// What was counted. Whoever came only once is new again when they come the next time.
    fn turn(&mut self) -> Counted {
        self.refused.retain(|_, times| *times > 0);
        let counted = |(who, times): (&TurnedAway, &mut u64)| (*who, std::mem::take(times));
        let refused = self.refused.iter_mut().map(counted).collect();
        self.slow_lines = 0;
        Counted {
            refused,
            others: std::mem::take(&mut self.others),
            slow: std::mem::take(&mut self.slow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> TurnedAway {
        let key = KeyId::from_raw(number as u128);
        let sender = Sender { key: Some(key), ..Credential::Key.alone() };
        TurnedAway { sender: Some(sender), code: Code::TooManyRequests }
    }

    #[test]
    fn who_comes_again_is_counted_and_told_once_a_window() {
        let mut window = Window::default();
        let told = (0..1_000).filter(|_| window.is_new(key(1))).count();
        assert_eq!((told, window.is_new(key(2))), (1, true));
        let counted = window.turn();
        assert_eq!(counted, Counted { refused: vec![(key(1), 999)], ..Counted::default() });
        // The one goes on and has no other line of its own; the other has come back.
        assert_eq!((window.is_new(key(1)), window.is_new(key(2))), (false, true));
        assert_eq!(window.turn().refused, [(key(1), 1)]);
        assert_eq!(window.turn(), Counted::default());
        assert!(window.is_new(key(1)), "it was quiet for a window");
    }

    #[test]
    fn what_a_key_may_not_do_is_apart_from_how_often() {
        let mut window = Window::default();
        let forbidden = TurnedAway { code: Code::Forbidden, ..key(1) };
        assert!(window.is_new(key(1)) && window.is_new(forbidden));
    }

    #[test]
    fn so_many_are_apart_and_the_others_together() {
        let mut window = Window::default();
        assert!((0..REFUSED_APART_MAX).all(|number| window.is_new(key(number))));
        let more = [REFUSED_APART_MAX, REFUSED_APART_MAX, REFUSED_APART_MAX + 1];
        assert!(more.into_iter().all(|number| !window.is_new(key(number))));
        assert!(!window.is_new(key(0)));
        let counted = window.turn();
        assert_eq!((counted.refused, counted.others), (vec![(key(0), 1)], 3));
        assert!(window.is_new(key(REFUSED_APART_MAX)), "there is room again");
    }

    #[test]
    fn so_many_slow_requests_have_lines_and_the_others_are_counted() {
        let mut window = Window::default();
        assert!((0..SLOW_LINES_MAX).all(|_| window.has_slow_line()));
        assert!(!window.has_slow_line());
        assert_eq!(window.turn(), Counted { slow: 1, ..Counted::default() });
        assert!(window.has_slow_line());
    }

    #[test]
    fn nothing_is_slow_unless_it_is_said_what_is() {
        assert_eq!(RequestLog::new(0).slow_micros, None);
        assert_eq!(RequestLog::new(7).slow_micros, Some(7_000));
    }
}
