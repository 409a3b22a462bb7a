//! Chapter 3 of the contract, item 3: whose key it is.

use engine::credentials::Mode;
use serde_json::json;

use super::client::Client;
use super::http::Ask;
use super::server::{Holder, TestServer};

#[tokio::test]
async fn accounts_and_modes_and_customers_have_keys_of_their_own() {
    let server = TestServer::start().await;
    let live = server.shop();
    let (test, _) = server.holder(&Holder { mode: Mode::Test, ..Holder::default() });
    let other = server.other();
    let mut ids = Vec::new();
    for client in [&live, &test, &other] {
        let floor = client.floor(10).await;
        ids.push(
            client.post_once("same", "/bookings/reserve", floor.one("ann")).await.is(201).str("id"),
        );
        if client.credential == live.credential {
            let (ann, bob) = (live.customer("ann").await, live.customer("bob").await);
            for (customer, user) in [(&ann, "ann"), (&bob, "bob")] {
                let answer = customer.post_once("same", "/bookings/reserve", floor.one(user)).await;
                assert!(!answer.is_replay());
                ids.push(answer.is(201).str("id"));
            }
            // Each of them finds their own record under the same address.
            for (client, id) in [(&live, &ids[0]), (&ann, &ids[1]), (&bob, &ids[2])] {
                let record = client.get("/idempotency_keys/same").await.is(200);
                assert_eq!(record.str("resource_id"), *id);
            }
        }
    }
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 5);
    live.get("/idempotency_keys/other").await.is(404);
}

#[tokio::test]
async fn a_rotated_credential_replays() {
    let server = TestServer::start().await;
    let (old, old_key) = server.holder(&Holder::default());
    let floor = old.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let first = old.send(ask.clone()).await.is(201);
    let new = server.shop();
    assert_ne!(old.credential, new.credential);
    let both = new.send(ask.clone()).await;
    assert!(both.is_replay(), "old and new overlap");
    assert_eq!(both.text(), first.text());
    server.revoke(old_key);
    server.advance(1);
    old.send(ask.clone()).await.fails("UNAUTHORIZED");
    assert_eq!(new.send(ask).await.text(), first.text());

    // A customer's new token is the same customer.
    let ask = Ask::post("/bookings/reserve", &floor.one("bob")).key("k");
    let (one, two) = (new.customer("bob").await, new.customer("bob").await);
    assert!(!one.send(ask.clone()).await.is(201).is_replay());
    assert!(two.send(ask).await.is_replay());
}

#[tokio::test]
async fn what_is_checked_before_the_key_does_not_use_it_up() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let (reader, _) =
        server.holder(&Holder { scopes: &[engine::credentials::Scope::Read], ..Holder::default() });
    reader.send(ask.clone()).await.fails("FORBIDDEN");
    let nobody: Client = server.nobody();
    nobody.send(ask.clone()).await.fails("UNAUTHORIZED");
    assert!(!shop.send(ask.clone()).await.is(201).is_replay());
    // And once it is used, its answer is for those who may ask.
    reader.send(ask.clone()).await.fails("FORBIDDEN");
    nobody.send(ask).await.fails("UNAUTHORIZED");
    shop.post("/bookings/reserve", json!({})).await.fails("INVALID_REQUEST");
}
