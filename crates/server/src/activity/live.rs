//! A live stream of an account's feed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::Event;
use domain::id::AccountId;
use engine::reads::{ActivityFilter, Reads};
use futures_util::Stream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::follower::{Ends, Entries, Follower, Followers, PAGE_ROWS, PERIOD, page};
use super::standing::Standing;
use super::tail::{Entry, Found, Tail};
use super::told::FeedOf;
use super::{filter, position};
use crate::app::App;
use crate::call::Call;
use crate::metrics::Metrics;
use crate::query::Params;
use crate::refusal::Refusal;

/// What a stream begins with when entries are gone that the client has not seen.
const REMOVED: &str = "activity.removed";
/// What is told when the client has seen more than there is: the store was restored, or its database has
/// failed over to a standby that was behind.
const AHEAD: &str = "activity.ahead";

/// A stream in the making.
pub(super) struct Feed {
    app: App,
    feed: FeedOf,
    /// Which entries, after the one that the client was told last.
    filter: ActivityFilter,
    /// What has become of the position from which the client goes on: that is told next.
    lost: Option<Lost>,
    /// Up to here everything that the client wants was told, or is ready.
    seen: u64,
    /// How often the feed had fallen back by then.
    falls: usize,
    ready: VecDeque<Arc<Entry>>,
    tail: watch::Receiver<Tail>,
    stopping: watch::Receiver<bool>,
    ended: watch::Receiver<bool>,
    standing: Arc<Standing>,
    /// It follows for as long as somebody has it.
    _follower: Arc<Follower>,
    _open: Open,
}

/// Why a client cannot go on from where it was.
#[derive(Clone, Copy, Debug)]
enum Lost {
    /// Entries up to here are gone that it has not seen.
    Removed(u64),
    /// The feed ends here, before the entry that it has seen last.
    Ahead(u64),
}

impl Lost {
    /// What has become of a position in a feed that ends there.
    fn of(Ends { head, removed }: Ends, after: u64) -> Option<Self> {
        if head < after {
            return Some(Self::Ahead(head));
        }
        (removed > after).then_some(Self::Removed(removed))
    }

    /// An entry as an event whose id is where the client is now, so that it is told once.
    fn event(self) -> Event {
        let (position, kind, data) = match self {
            Self::Removed(position) => {
                (position, REMOVED, serde_json::json!({"removed_up_to": position}))
            }
            Self::Ahead(position) => (position, AHEAD, serde_json::json!({"head": position})),
        };
        Event::default().id(position.to_string()).event(kind).data(data.to_string())
    }
}

/// Counts the stream while it lives.
struct Open(Arc<Metrics>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.dec();
    }
}

/// What there is to do next.
enum Next {
    /// There is something to tell, or it has to look again.
    Go,
    /// Nothing, until the feed grows.
    Wait,
    /// It has to read for itself what it is behind; up to this position that is there already.
    Read(u64),
}

/// Opens a stream: from `Last-Event-ID` or `after`, else from now on.
pub(super) async fn open(app: &App, call: &Call, params: &Params) -> Result<Feed, Refusal> {
    let mut filter = filter(params)?;
    let last = call.headers.get("last-event-id");
    if let Some(last) = last {
        filter.after = position("Last-Event-ID", last.to_str().unwrap_or(""))?;
    }
    let is_resumed = last.is_some() || params.get("after").is_some();
    let (account, feed) = (call.caller.account, FeedOf::caller(&call.caller));
    let follower = Followers::follow(app, feed);
    let (tail, standing) = (follower.tail(), Standing::of(app, &call.headers));
    // Before it is asked where the feed ends: whatever falls back from here on is told.
    let falls = tail.borrow().falls();
    // Position 0 is no entry that somebody has seen: it asks for what there is.
    let lost = if !is_resumed {
        filter.after = ends(app, &follower, account).await?.head;
        None
    } else if filter.after > 0 {
        Lost::of(ends(app, &follower, account).await?, filter.after)
    } else {
        None
    };
    if let Some(Lost::Ahead(head)) = lost {
        // What comes after the restore has positions from here on.
        filter.after = head;
    }
    app.metrics.streams.inc();
    Ok(Feed {
        feed,
        lost,
        seen: filter.after,
        filter,
        falls,
        ready: VecDeque::new(),
        tail,
        stopping: app.stopping.clone(),
        ended: standing.ended(),
        standing,
        _follower: follower,
        _open: Open(Arc::clone(&app.metrics)),
        app: app.clone(),
    })
}

/// Where the feed ends now, as its follower reads it for all who ask; where it cannot, whoever asked tells why.
async fn ends(app: &App, follower: &Follower, account: AccountId) -> Result<Ends, Refusal> {
    if let Some(ends) = follower.ends().await {
        return Ok(ends);
    }
    let read = move |reads: &dyn Reads| {
        let head = reads.feed_head(account)?;
        Ok(Ends { head, removed: reads.low_water_mark(account)?.position })
    };
    app.read_feed(read).await
}

/// What the stream tells, as long as it lives.
pub(super) fn entries(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> {
    futures_util::stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    })
}

impl Feed {
    /// The next event, once there is one; `None` when the server stops, or the credential was revoked.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(lost) = self.lost.take() {
                return Some(lost.event());
            }
            if let Some(entry) = self.ready.pop_front() {
                self.filter.after = entry.position;
                return Some(entry.event());
            }
            if !self.standing.holds(&self.app).await {
                return None;
            }
            let goes_on = match self.look() {
                Next::Go => true,
                Next::Wait => self.wait().await,
                Next::Read(known) => {
                    // While the store is away the stream waits; nothing is skipped, it goes by position.
                    let has_read = self.read(known).await.unwrap_or(false);
                    has_read || timeout(PERIOD, self.wait()).await.unwrap_or(true)
                }
            };
            if !goes_on {
                return None;
            }
        }
    }

    /// Takes what the follower has.
    fn look(&mut self) -> Next {
        let tail = self.tail.borrow_and_update();
        if let Some(head) = tail.lowest_since(self.falls) {
            self.falls = tail.falls();
            if head < self.filter.after {
                self.filter.after = head;
                self.lost = Some(Lost::Ahead(head));
            }
            // What comes now was not there before, though it has the same positions.
            self.seen = self.filter.after;
        }
        match tail.after(self.seen, &self.filter, PAGE_ROWS, &mut self.ready) {
            Found::Behind => return Next::Read(tail.read_to),
            Found::UpTo(seen) => self.seen = seen,
        }
        if self.lost.is_some() || !self.ready.is_empty() {
            Next::Go
        } else if tail.is_cut {
            // The follower cannot go on, but what this stream wants may be found by another way.
            Next::Read(tail.read_to)
        } else {
            Next::Wait
        }
    }

    /// Reads a page of what the stream is behind; whether it got on.
    async fn read(&mut self, known: u64) -> Result<bool, Refusal> {
        let filter = ActivityFilter { after: self.seen, ..self.filter.clone() };
        let Entries { entries, is_cut } = page(&self.app, self.feed, filter).await?;
        let before = self.seen;
        self.seen = entries.last().map_or(before, |last| last.position);
        let count = entries.len();
        self.ready.extend(entries);
        if count < PAGE_ROWS && !is_cut {
            // That is all that there was.
            self.seen = self.seen.max(known);
        }
        Ok(self.seen > before)
    }

    /// Until the feed grows or falls back; `false` when the stream has to end.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            // Whoever tells these is gone only where the server is.
            _ = self.stopping.wait_for(|stopping| *stopping) => false,
            _ = self.ended.wait_for(|ended| *ended) => false,
            changed = self.tail.changed() => changed.is_ok(),
        }
    }
}
