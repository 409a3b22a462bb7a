//! Secrets are rotated: whatever was made with an earlier one is still what it was.

use std::path::PathBuf;

use peers::cluster::Database;
use serde_json::json;

use crate::http::Client;
use crate::place::{Key, Place, Server, id};
use crate::process::Ran;
use crate::workload::{RESERVE, Sale, plain_event};

/// What a client knows after it was decided once.
struct Asked<'a> {
    key: &'a str,
    body: serde_json::Value,
    told: String,
}

impl<'a> Asked<'a> {
    fn reserve(client: &mut Client, key: &'a str, sale: &Sale, user: &str) -> Self {
        let body = wanted(sale, user);
        let told = client.post(RESERVE, key, &body);
        told.expect(201);
        Self { key, body, told: told.body }
    }

    /// The same request again is a replay, byte for byte, and another body is none.
    #[track_caller]
    fn holds(&self, client: &mut Client) {
        let again = client.post(RESERVE, self.key, &self.body);
        assert_eq!((again.is_replay(), &again.body), (true, &self.told), "{}", self.key);
        let mut other = self.body.clone();
        other["quantity"] = json!(2);
        let refused = client.post(RESERVE, self.key, &other).expect(422);
        assert_eq!(refused["code"], "IDEMPOTENCY_KEY_REUSED", "{}", self.key);
    }
}

fn wanted(sale: &Sale, user: &str) -> serde_json::Value {
    json!({"event_id": sale.event, "zone_id": sale.zone(0), "quantity": 1, "user_id": user})
}

fn secrets(place: &Place) -> PathBuf {
    if place.is_on_postgres() { place.secrets() } else { place.path("bookonce.db.secrets") }
}

#[track_caller]
fn rotate(place: &Place, arguments: &[&str]) -> Ran {
    let file = secrets(place);
    let file = file.to_str().expect("text");
    let ran = place.run(&[&["secrets", "rotate", file], arguments].concat());
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    ran
}

fn retired(client: &mut Client, key: &str) {
    let path = format!("/api/v1/idempotency_keys/{key}/retire");
    client.post(&path, &format!("retire-{key}"), &json!({})).expect(200);
}

#[track_caller]
fn is_retired(client: &mut Client, key: &str, asked: &Asked<'_>) {
    let refused = client.post(RESERVE, key, &asked.body).expect(409);
    assert_eq!(refused["code"], "KEY_RETIRED");
}

fn token(client: &mut Client, user: &str) -> String {
    token_as(client, &format!("token-{user}"), user)
}

fn token_as(client: &mut Client, key: &str, user: &str) -> String {
    let body = json!({"user_id": user, "expires_in": 3_600});
    let made = client.post("/api/v1/customer_tokens", key, &body).expect(201);
    made["token"].as_str().expect("a token").to_owned()
}

/// Two rotations, each with a server before and after it.
#[test]
fn keys_tombstones_tokens_and_people_outlive_their_secret() {
    let place = Place::new();
    let key = place.key();
    let mut server = place.serve(&[]);
    let mut client = server.client(&key);
    let mut event = plain_event(100, 600);
    event["max_per_user"] = json!(2);
    let sale = Sale::create(&mut client, "event", &event);
    let mut asked = vec![Asked::reserve(&mut client, "first", &sale, "ann")];
    let mut tokens = vec![token(&mut client, "bob")];
    let own = Asked::reserve(&mut Client::new(server.address, &tokens[0]), "own", &sale, "bob");
    retired(&mut client, "unused");
    for (name, user) in [("second", "ann"), ("third", "cid")] {
        let told = rotate(&place, &[]);
        assert!(told.log.contains("in use from the next start on"), "{told:?}");
        // Who runs has the secrets that it began with.
        asked.iter().for_each(|asked| asked.holds(&mut client));
        server.stop();
        server = place.serve(&[]);
        client = server.client(&key);
        asked.iter().for_each(|asked| asked.holds(&mut client));
        is_retired(&mut client, "unused", &asked[0]);
        // Bob's keys are his, with whichever token he comes.
        for token in [tokens[0].clone(), token_as(&mut client, &format!("{name}-bob"), "bob")] {
            own.holds(&mut Client::new(server.address, &token));
        }
        asked.push(Asked::reserve(&mut client, name, &sale, user));
        tokens.push(token(&mut client, user));
        for token in &tokens {
            let mut customer = Client::new(server.address, token);
            let path = format!("/api/v1/events/{}", sale.event);
            assert_eq!(id(&customer.get(&path).expect(200)), sale.event);
        }
    }
    // Ann is the same person under each secret: she has her two.
    let refused = client.post(RESERVE, "too-many", &wanted(&sale, "ann")).expect(409);
    assert_eq!(refused["code"], "MAX_TICKETS_EXCEEDED");
    server.stop();
    place.verify();
}

/// A node that runs since before the rotation, and one that has rotated.
struct Two {
    place: Place,
    key: Key,
    early: Server,
    late: Server,
}

fn two(stage_first: bool) -> Two {
    let place = Place::on(Database::new());
    let key = place.key();
    let first = std::fs::read(place.secrets()).expect("it is there");
    if stage_first {
        rotate(&place, &["--stage"]);
    }
    let early = place.serve(&[]);
    rotate(&place, &[]);
    let late = place.serve(&[]);
    std::fs::write(place.path("first"), first).expect("it can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(place.path("first"), mode).expect("it is ours");
    Two { place, key, early, late }
}

#[test]
fn a_node_that_lacks_a_secret_never_takes_a_retry_for_another_request() {
    let Two { place, key, early, late } = two(false);
    let (mut before, mut after) = (early.client(&key), late.client(&key));
    let sale = Sale::create(&mut before, "event", &plain_event(100, 600));
    let old = Asked::reserve(&mut before, "old", &sale, "ann");
    old.holds(&mut after);
    let new = Asked::reserve(&mut after, "new", &sale, "ann");
    let waits = before.post(RESERVE, new.key, &new.body);
    let problem = waits.expect(503);
    assert!(problem["detail"].as_str().is_some_and(|it| !it.contains("secret")), "{problem}");
    early.stop();
    // It does not start without the newest file, and with it all is well.
    let without = [("BOOKONCE_SECRETS_FILE", "first")];
    let ran = place.serve_with(&[], &without).expect_err("an older file");
    assert_eq!(ran.code(), Some(2), "{ran:?}");
    assert!(ran.log.contains("lacks secret 2"), "{ran:?}");
    let early = place.serve(&[]);
    new.holds(&mut early.client(&key));
    old.holds(&mut early.client(&key));
    early.stop();
    late.stop();
    place.verify();
}

#[test]
fn nodes_that_staged_a_secret_understand_each_other() {
    let Two { place, key, early, late } = two(true);
    let (mut before, mut after) = (early.client(&key), late.client(&key));
    let sale = Sale::create(&mut before, "event", &plain_event(100, 600));
    let old = Asked::reserve(&mut before, "old", &sale, "ann");
    let new = Asked::reserve(&mut after, "new", &sale, "ann");
    for client in [&mut before, &mut after] {
        old.holds(client);
        new.holds(client);
    }
    let token = token(&mut after, "ann");
    Client::new(early.address, &token).get("/api/v1/events").expect(200);
    early.stop();
    late.stop();
    place.verify();
}
