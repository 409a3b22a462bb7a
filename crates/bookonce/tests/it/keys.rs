//! `bookonce keys` beside a running server, and before its first start.

use std::time::Duration;

use serde_json::json;

use crate::http::Client;
use crate::place::{Key, Place};
use crate::settings::{Watch, poll, tell};
use crate::workload::{EVENTS, Sale, plain_event};

/// A revoked key works at most so much longer, on a noisy machine. The promise is a second.
const REVOKED: Duration = Duration::from_secs(4);

#[test]
fn a_new_key_works_at_once_and_a_revoked_one_soon_no_more() {
    let place = Place::new();
    let server = place.serve(&[]);
    let first = place.key();
    let sale = Sale::create(&mut server.client(&first), "event", &plain_event(10, 60));
    let second = place.key_with(&["--account", "theatre", "--scopes", "read"]);
    assert_eq!(second.account, first.account);
    let mut client = server.client(&second);
    let seen = client.get(EVENTS).expect(200);
    assert_eq!(seen["data"][0]["id"], json!(sale.event), "of the same account");
    let refused = client.post(EVENTS, "event-2", &plain_event(10, 60)).expect(403);
    assert_eq!(refused["code"], "FORBIDDEN");

    let revoked = place.run(&["keys", "revoke", &second.id]);
    assert_eq!(revoked.code(), Some(0), "{revoked:?}");
    let watch = Watch::start();
    let refused = poll(REVOKED, "the key is refused", || {
        let answer = client.get(EVENTS);
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.expect(401)["code"], "UNAUTHORIZED");
    tell(&format!("keys: a revoked key stopped after {:?}", watch.elapsed()));
    server.client(&first).get(EVENTS).expect(200);
}

#[test]
fn a_token_ends_soon_after_the_key_that_minted_it() {
    let place = Place::new();
    let server = place.serve(&["--customers.rate", "0"]);
    let (minter, other) = (place.key(), place.key());
    let customer = |key: &Key| {
        let wanted = json!({"user_id": "ann", "expires_in": 600});
        let token =
            server.client(key).post("/api/v1/customer_tokens", &key.id, &wanted).expect(201);
        Client::new(server.address, token["token"].as_str().expect("a token"))
    };
    let (mut ann, mut kept) = (customer(&minter), customer(&other));
    ann.get(EVENTS).expect(200);
    kept.get(EVENTS).expect(200);

    assert_eq!(place.run(&["keys", "revoke", &minter.id]).code(), Some(0));
    let watch = Watch::start();
    let refused = poll(REVOKED, "the token is refused", || {
        let answer = ann.get(EVENTS);
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.expect(401)["code"], "UNAUTHORIZED");
    tell(&format!("keys: a token stopped {:?} after its key", watch.elapsed()));
    kept.get(EVENTS).expect(200);
}

#[test]
fn test_keys_and_other_accounts_see_nothing_of_ours() {
    let place = Place::new();
    let ours = place.key();
    let test = place.key_with(&["--account", "theatre", "--test"]);
    let theirs = place.key_with(&["--account", "cinema"]);
    assert!(test.secret.starts_with("bo_test_") && ours.secret.starts_with("bo_live_"));
    let server = place.serve(&[]);
    let sale = Sale::create(&mut server.client(&ours), "event", &plain_event(10, 60));
    for other in [test, theirs] {
        assert_ne!(other.account, ours.account);
        let mut client = server.client(&other);
        assert_eq!(client.get(EVENTS).expect(200)["data"], json!([]));
        client.get(&format!("{EVENTS}/{}", sale.event)).expect(404);
    }
}

#[test]
fn what_is_printed_of_a_key() {
    let place = Place::new();
    // Serving makes the store; nobody but `keys create` does besides.
    place.serve(&[]).stop();
    let none = place.run(&["keys", "list"]);
    assert_eq!((none.code(), none.out.as_str()), (Some(0), ""));
    assert!(none.log.contains("keys create"), "it says how to make one: {none:?}");

    let ran = place.run(&["keys", "create", "--account", "x", "--json", "--rate", "7"]);
    let made = ran.json();
    let members: Vec<_> = made.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!((members, ran.log.as_str()), (vec!["id", "account_id", "key", "store"], ""));
    let plain = place.run(&["keys", "create", "--account", "x", "--scopes", "read,book"]);
    let secret = plain.out.trim();
    assert!(secret.starts_with("bo_live_") && !secret.contains(char::is_whitespace), "{plain:?}");
    assert!(plain.log.contains("shown this once") && !plain.log.contains(secret), "{plain:?}");

    let listed = place.run(&["keys", "list", "--json"]);
    assert!(!listed.out.contains("bo_live_") && listed.log.is_empty(), "{listed:?}");
    let mut listed = listed.json();
    for key in listed["data"].as_array_mut().expect("a list") {
        let created = key.as_object_mut().and_then(|key| key.remove("created_at"));
        assert!(created.is_some_and(|at| at.is_string()), "{key}");
    }
    let row = |scopes: &str, id: &str, rate| {
        json!({
            "id": id, "account_id": made["account_id"], "account": "x", "mode": "live",
            "scopes": scopes.split(',').collect::<Vec<_>>(), "rate": rate, "revoked": false,
            "revoked_at": null,
        })
    };
    let newest = listed["data"][0]["id"].as_str().expect("an id");
    let id = made["id"].as_str().expect("an id");
    let rows = [row("book,read", newest, json!(null)), row("book,read,ops,admin", id, json!(7))];
    assert_eq!(listed, json!({"store": made["store"], "data": rows}));

    assert_eq!(place.run(&["keys", "revoke", id]).code(), Some(0));
    let again = place.run(&["keys", "revoke", id]);
    assert_eq!(again.code(), Some(0), "again changes nothing: {again:?}");
    assert!(again.out.contains("was revoked before, at 2"), "{again:?}");
    let shown = place.run(&["keys", "list"]).out;
    let line = shown.lines().find(|line| line.contains(id)).expect("it is listed");
    assert!(line.contains("revoked"), "{line}");
}

#[test]
fn what_is_wrong_is_named() {
    let place = Place::new();
    place.key();
    let id = "key_01m7yt5ngte01872p7qyzw5fde";
    for (arguments, named) in [
        (vec!["create", "--account", "x", "--scopes", "read,root"], "--scopes: `root`"),
        (vec!["create", "--account", "x", "--scopes", ""], "book, read, ops, admin"),
        (vec!["create", "--account", "x", "--scopes", " ,"], "book, read, ops, admin"),
        (vec!["create", "--account", "x", "--rate", "1000001"], "--rate: must be at most 1000000"),
        (vec!["create", "--account", "x", "--rate", "many"], "'many' for '--rate"),
        (vec!["create", "--account", ""], "--account: must have 1 to 100 characters"),
        (vec!["create"], "--account <NAME>"),
        (vec!["revoke", "evt_01m7yt5ngte01872p7qyzw5fde"], "must be `key_` and 26 characters"),
        (vec!["revoke", id], "there is no key key_01m7yt5ngte01872p7qyzw5fde"),
        (vec!["list", "--config", "none.toml"], "there is no settings file none.toml"),
        (
            vec!["list", "--store", "mysql://x"],
            "`mysql` is not the address of a store; use sqlite:FILE",
        ),
    ] {
        let ran = place.run(&[&["keys"], arguments.as_slice()].concat());
        assert_eq!((ran.code(), ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.log.contains(named), "{named} is not in {ran:?}");
    }
}
