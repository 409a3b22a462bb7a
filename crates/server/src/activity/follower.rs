//! Follows the feed of an account for all streams of it: what is new is read once, and wakes them.
//!
//! It looks where the feed ends, a row, a few times a second, since other nodes and programs may have written;
//! what this node decides wakes it at once. It lives as long as one of its streams does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::id::AccountId;
use engine::reads::{ActivityFilter, Reads};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::shared::Shared;
use super::tail::{Entry, Tail};
use super::told::FeedOf;
use crate::app::App;
use crate::refusal::Refusal;

/// Entries that are read at a time.
pub(super) const PAGE_ROWS: usize = 200;
/// The feed is looked at this often. Other nodes and programs may have written to it.
pub(super) const PERIOD: Duration = Duration::from_millis(200);
/// Between two looks. What comes meanwhile is read together.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// The followers of all feeds that somebody watches.
#[derive(Debug, Default)]
pub(crate) struct Followers(Shared<AccountId, Follower>);

/// The follower of an account's feed.
#[derive(Debug)]
pub(super) struct Follower {
    tail: watch::Receiver<Tail>,
    ends: watch::Receiver<Answered>,
    /// How often somebody asked where the feed ends.
    asked: AtomicU64,
    wake: Arc<Notify>,
}

/// Where a feed ends, on both sides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends {
    /// The position of its newest entry.
    pub(super) head: u64,
    /// Entries up to here are gone.
    pub(super) removed: u64,
}

/// What those hear who asked.
#[derive(Clone, Copy, Debug, Default)]
struct Answered {
    /// These have an answer …
    answered: u64,
    ends: Ends,
    /// … and for these it could not be read.
    failed: u64,
}

impl Followers {
    /// Something of the account has been decided. Where nobody watches that costs nothing.
    pub(crate) fn wake(&self, account: AccountId) {
        if let Some(follower) = self.0.get(&account) {
            follower.wake.notify_one();
        }
    }

    /// The follower of an account's feed.
    pub(super) fn follow(app: &App, feed: FeedOf) -> Arc<Follower> {
        let alive = |follower: &Follower| follower.tail.has_changed().is_ok();
        app.followers.0.get_or_make(feed.account, alive, || begin(app, feed))
    }
}

impl Follower {
    /// The newest entries; it changes as they come.
    pub(super) fn tail(&self) -> watch::Receiver<Tail> {
        self.tail.clone()
    }

    /// Where the feed ends, read after this was asked: all who ask at the same time are answered by one read.
    /// `None` when it could not be read.
    pub(super) async fn ends(&self) -> Option<Ends> {
        let ours = self.asked.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        self.wake.notify_one();
        let mut ends = self.ends.clone();
        let answered = ends.wait_for(|it| it.answered.max(it.failed) >= ours).await.ok()?;
        (answered.answered >= ours).then_some(answered.ends)
    }
}

fn begin(app: &App, feed: FeedOf) -> Arc<Follower> {
    let (tail, tails) = watch::channel(Tail::default());
    let (ends, answers) = watch::channel(Answered::default());
    let wake = Arc::new(Notify::new());
    let follower = Arc::new(Follower {
        tail: tails,
        ends: answers,
        asked: AtomicU64::new(0),
        wake: Arc::clone(&wake),
    });
    let work = Work { app: app.clone(), feed, tail, ends, has_begun: false };
    let weak = Arc::downgrade(&follower);
    #[expect(clippy::disallowed_methods, reason = "it ends with its last stream, or the server")]
    drop(tokio::spawn(work.run(weak, wake)));
    follower
}

/// The follower at work.
struct Work {
    app: App,
    feed: FeedOf,
    tail: watch::Sender<Tail>,
    ends: watch::Sender<Answered>,
    has_begun: bool,
}

impl Work {
    async fn run(mut self, follower: Weak<Follower>, wake: Arc<Notify>) {
        let mut stopping = self.app.stopping.clone();
        while let Some(follower) = follower.upgrade() {
            let asked = follower.asked.load(Ordering::SeqCst);
            drop(follower);
            // What could not be read now is read the next time.
            let _later = self.look(asked).await.is_err();
            if timeout(PAUSE, stopping.wait_for(|stopping| *stopping)).await.is_ok() {
                break;
            }
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => break,
                _ = timeout(PERIOD, wake.notified()) => {}
            }
        }
        self.app.followers.0.forget(&self.feed.account);
    }

    /// Reads what is new.
    async fn look(&mut self, asked: u64) -> Result<(), Refusal> {
        let is_asked = self.ends.borrow().answered < asked;
        let account = self.feed.account;
        let ends = move |reads: &dyn Reads| {
            let head = reads.feed_head(account)?;
            // Read after the head, as in the list.
            let cleaned = is_asked.then(|| reads.low_water_mark(account)).transpose()?;
            Ok((head, cleaned.map(|cleaned| cleaned.position)))
        };
        let read = self.app.read_feed(ends).await;
        if is_asked && read.is_err() {
            self.ends.send_modify(|it| it.failed = asked);
        }
        let (head, removed) = read?;
        self.note_head(head);
        if let Some(removed) = removed {
            let ends = Ends { head, removed };
            self.ends.send_modify(|it| (it.answered, it.ends) = (asked, ends));
        }
        while self.tail.borrow().read_to < head {
            if !self.read_page(head).await? {
                break;
            }
        }
        Ok(())
    }

    fn note_head(&mut self, head: u64) {
        let has_begun = std::mem::replace(&mut self.has_begun, true);
        self.tail.send_if_modified(|tail| {
            if !has_begun {
                tail.begin_at(head);
            } else if head < tail.read_to {
                // The store was restored, or its database has failed over to a standby that was behind.
                tail.fall_to(head);
            } else {
                return false;
            }
            true
        });
    }

    /// Reads the next page of a feed that ends at `head`; whether there may be more.
    async fn read_page(&self, head: u64) -> Result<bool, Refusal> {
        let after = self.tail.borrow().read_to;
        let filter = ActivityFilter { after, ..ActivityFilter::default() };
        let Entries { entries, is_cut } = page(&self.app, self.feed, filter).await?;
        let is_empty = entries.is_empty();
        self.tail.send_if_modified(|tail| {
            let was_cut = std::mem::replace(&mut tail.is_cut, is_cut);
            entries.into_iter().for_each(|entry| tail.push(entry));
            if is_empty && !is_cut {
                // What was there is gone already.
                tail.begin_at(head);
                return true;
            }
            !is_empty || was_cut != is_cut
        });
        Ok(!is_empty && !is_cut)
    }
}

/// A page of a feed, as streams tell it.
pub(super) struct Entries {
    pub(super) entries: Vec<Arc<Entry>>,
    /// It ends before an entry that only a newer program can read.
    pub(super) is_cut: bool,
}

/// A page of a feed.
pub(super) async fn page(
    app: &App,
    feed: FeedOf,
    filter: ActivityFilter,
) -> Result<Entries, Refusal> {
    let page = app.read_feed(move |reads| feed.page(reads, &filter, PAGE_ROWS)).await?;
    let entries = page.told.into_iter().map(Entry::of).collect();
    Ok(Entries { entries, is_cut: page.is_cut })
}
