//! Many streams on one account, without the network: what they cost the store, and that each of them misses
//! nothing.

mod node;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode, header};
use engine::credentials::Mode;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::follower::{Followers, PAUSE};
use super::tail::TAIL_ENTRIES_MAX;
use super::told::FeedOf;
use super::{Rule, stream};
use node::Node;

/// A client of a stream: what it was told, and what comes next.
struct Client {
    body: BodyDataStream,
    told: Vec<u64>,
}

impl Client {
    async fn open(node: &Node, query: &str) -> Self {
        let request = Request::get(format!("/activity/stream{query}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", node.secret))
            .body(Body::empty())
            .expect("a request");
        let response = stream(node.app.clone(), Rule::READ, request).await;
        assert_eq!(response.status(), StatusCode::OK);
        Self { body: response.into_body().into_data_stream(), told: Vec::new() }
    }

    /// Reads on until it was told of that many entries, or the stream ends; whether it goes on.
    async fn read(&mut self, count: usize) -> bool {
        while self.told.len() < count {
            let Some(chunk) = self.body.next().await else { return false };
            let chunk = chunk.expect("it cannot fail");
            let lines = chunk.split(|byte| *byte == b'\n');
            let ids = lines.filter_map(|line| line.strip_prefix(b"id: "));
            let id = |id: &[u8]| std::str::from_utf8(id).ok()?.trim().parse::<u64>().ok();
            self.told.extend(ids.map(|it| id(it).expect("a position")));
        }
        true
    }
}

async fn open(node: &Node, count: usize) -> Vec<Client> {
    join_all((0..count).map(|_| Client::open(node, ""))).await
}

/// How often the store can have been read in that time by followers of one feed, however slow this machine is:
/// they pause between two looks, and a look reads where the feed ends and up to two pages.
fn reads_at_most(started: Instant) -> u64 {
    let looks = started.elapsed().as_millis() / PAUSE.as_millis() + 2;
    u64::try_from(looks * 3).expect("few")
}

#[tokio::test]
async fn ten_thousand_streams_of_an_account_read_the_store_as_one_does() {
    const STREAMS: usize = 10_000;
    let node = Node::new();
    node.create_events(3).await;
    let started = Instant::now();
    let mut clients = open(&node, STREAMS).await;
    assert_eq!(node.app.metrics.streams.get(), i64::try_from(STREAMS).expect("few"));
    for round in 1..=3 {
        node.create_events(2).await;
        let told = clients.iter_mut().map(|client| client.read(round * 2));
        assert!(join_all(told).await.into_iter().all(|goes_on| goes_on));
    }
    // From the moment on at which they were opened.
    assert!(clients.iter().all(|client| client.told == [4, 5, 6, 7, 8, 9]));
    let reads = node.app.metrics.stream_reads.get();
    assert!(reads <= reads_at_most(started), "{reads} reads");
    // One credential is read again twice a second at most, by the clock that the test holds still.
    assert_eq!(node.credential_reads(), 1);

    // And all of them end with their credential.
    node.revoke();
    let ended = clients.iter_mut().map(|client| client.read(7));
    assert!(join_all(ended).await.into_iter().all(|goes_on| !goes_on));
    assert_eq!(node.app.metrics.streams.get(), 0);
}

/// That reads are counted at all, and what they come to where each stream reads for itself.
#[tokio::test]
async fn streams_that_begin_further_back_than_what_is_kept_read_for_themselves() {
    const STREAMS: usize = 20;
    let node = Node::new();
    node.create_events(5).await;
    let _first = Client::open(&node, "").await;
    let before = node.app.metrics.stream_reads.get();
    let mut clients = join_all((0..STREAMS).map(|_| Client::open(&node, "?after=2"))).await;
    assert!(join_all(clients.iter_mut().map(|client| client.read(3))).await.iter().all(|it| *it));
    assert!(clients.iter().all(|client| client.told == [3, 4, 5]));
    let reads = node.app.metrics.stream_reads.get() - before;
    assert!(reads >= STREAMS as u64, "{reads} reads");
    // From there they are woken as the others are.
    node.create_events(1).await;
    assert!(join_all(clients.iter_mut().map(|client| client.read(4))).await.iter().all(|it| *it));
    assert!(clients.iter().all(|client| client.told == [3, 4, 5, 6]));
}

#[tokio::test]
async fn a_stream_that_is_slower_than_what_is_kept_misses_nothing() {
    let node = Node::new();
    let mut slow = Client::open(&node, "").await;
    let (mut follows, mut filtered) =
        (Client::open(&node, "").await, Client::open(&node, "?type=event.*&after=0").await);
    let count = TAIL_ENTRIES_MAX + 50;
    node.create_events(count).await;
    // By then the follower has read them all, and kept what it may.
    assert!(follows.read(count).await && slow.read(count).await && filtered.read(count).await);
    let all: Vec<u64> = (1..).take(count).collect();
    assert!([slow.told, follows.told, filtered.told].iter().all(|told| *told == all));
}

#[tokio::test]
async fn a_follower_ends_with_its_last_stream_and_another_begins_with_the_next() {
    let node = Node::new();
    let clients = open(&node, 3).await;
    let feed = FeedOf { account: node.account, mode: Mode::Live };
    let mut tail = Followers::follow(&node.app, feed).tail();
    drop(clients);
    // Its side of this is gone when it has ended.
    while tail.changed().await.is_ok() {}
    node.create_events(1).await;
    let mut client = Client::open(&node, "").await;
    node.create_events(1).await;
    assert!(client.read(1).await);
    assert_eq!(client.told, [2]);
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let node = Node::new();
    let mut clients = open(&node, 3).await;
    node.stop();
    for client in &mut clients {
        assert!(!client.read(1).await);
    }
}
