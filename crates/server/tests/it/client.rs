//! A client of the API with its credential. It sends every POST and PATCH twice, as clients do whose
//! first answer was lost, and demands the same answer: from memory, and from the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::task::JoinSet;

use super::answer::Answer;
use super::http::{Ask, TIMEOUT, exchange};

/// Where the tests' short paths are mounted.
pub(crate) const BASE: &str = "/api/v1";

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) credential: Option<String>,
    /// Where the server remembers answers: how to make it forget them.
    pub(crate) memory: Option<Memory>,
}

/// What a server remembers.
#[derive(Clone)]
pub(crate) struct Memory(pub(crate) Arc<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Memory")
    }
}

/// A request that is on its way.
#[derive(Debug)]
pub(crate) struct Started(JoinSet<Answer>);

impl Started {
    pub(crate) async fn answer(mut self) -> Answer {
        self.0.join_next().await.expect("there is one").expect("nobody panics there")
    }
}

/// A key that no request has had.
pub(crate) fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// `/events` is short for `/api/v1/events`; an address with a mount or a page stays as it is.
fn target(path: &str) -> String {
    let api = [
        "/events",
        "/bookings",
        "/activity",
        "/idempotency_keys",
        "/customer_tokens",
        "/test/",
        "/webhook_endpoints",
        "/webhook_deliveries",
    ];
    if api.iter().any(|known| path.starts_with(known)) {
        format!("{BASE}{path}")
    } else {
        path.to_owned()
    }
}

impl Client {
    /// Sends a request as it is, once, with the credential.
    pub(crate) async fn send(&self, ask: Ask) -> Answer {
        let ask = self.with_credential(ask);
        let answer = exchange(self.address, &ask).await;
        answer.check(&ask);
        answer
    }

    /// The request as [`send`](Self::send) sends it.
    pub(crate) fn with_credential(&self, mut ask: Ask) -> Ask {
        ask.target = target(&ask.target);
        match &self.credential {
            Some(credential) if ask.header_value("Authorization").is_none() => {
                ask.header("Authorization", format!("Bearer {credential}"))
            }
            _ => ask,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Ask::get(path)).await
    }

    /// Twice, under a new key.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.twice(Ask::post(path, &body)).await
    }

    /// Twice, under a new key.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.twice(Ask::new("PATCH", path).json(&body)).await
    }

    /// Once, under that key.
    pub(crate) async fn post_once(&self, key: &str, path: &str, body: Value) -> Answer {
        self.send(Ask::post(path, &body).key(key)).await
    }

    /// Sends a request while the test goes on.
    pub(crate) fn start(&self, ask: Ask) -> Started {
        let client = self.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { client.send(ask).await });
        Started(tasks)
    }

    /// Waits until the request with this key has reached the engine.
    pub(crate) async fn until_in_progress(&self, key: &str) {
        let path = format!("/idempotency_keys/{key}");
        let arrives = async { while self.get(&path).await.json()["status"] != "in_progress" {} };
        tokio::time::timeout(TIMEOUT, arrives).await.expect("the request arrives");
    }

    /// Twice, under its own key or a new one; the first answer. An answer that is kept is asked for a
    /// third time where the second may have come from memory: then it comes from the store.
    pub(crate) async fn twice(&self, ask: Ask) -> Answer {
        let has_key = ask.header_value("Idempotency-Key").is_some();
        let ask = if has_key { ask } else { ask.key(&fresh_key()) };
        let first = self.send(ask.clone()).await;
        let second = self.send(ask.clone()).await;
        assert_same(&first, &second, &ask);
        if let Some(Memory(forget)) = self.memory.as_ref().filter(|_| first.is_kept()) {
            forget();
            assert_same(&first, &self.send(ask.clone()).await, &ask);
        }
        first
    }
}

/// Carries out calls at the same time; their answers, in order.
pub(crate) async fn at_once(calls: impl IntoIterator<Item = (Client, Ask)>) -> Vec<Answer> {
    let mut tasks = JoinSet::new();
    for (index, (client, ask)) in calls.into_iter().enumerate() {
        tasks.spawn(async move { (index, client.send(ask).await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// What the second sending of a request must be answered.
pub(crate) fn assert_same(first: &Answer, second: &Answer, ask: &Ask) {
    let what = format!("{} {}: {first:?} then {second:?}", ask.method, ask.target);
    assert_eq!(first.status, second.status, "{what}");
    assert_eq!(first.header("content-type"), second.header("content-type"), "{what}");
    if !first.is_kept() {
        assert!(!second.is_replay(), "{what}");
        assert_eq!(first.at("code"), second.at("code"), "{what}");
        return;
    }
    assert!(second.is_replay(), "{what}");
    assert_eq!(first.header("location"), second.header("location"), "{what}");
    if ask.path().ends_with("/customer_tokens") && first.status == 201 {
        assert_token_is_not_kept(first, second);
    } else {
        assert_eq!(first.text(), second.text(), "{what}");
    }
}

/// Secrets are shown once: a replay has null in their place, and says so.
fn assert_token_is_not_kept(first: &Answer, second: &Answer) {
    let (mut first, mut second) = (first.json(), second.json());
    assert_eq!(second["token"], Value::Null);
    assert!(second["note"].as_str().is_some_and(|note| note.contains("never stored")));
    for answer in [&mut first, &mut second] {
        let members = answer.as_object_mut().expect("an object");
        members.remove("token");
        members.remove("note");
    }
    assert_eq!(first, second);
}
