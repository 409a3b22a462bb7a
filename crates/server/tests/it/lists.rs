//! Lists: newest first, a page at a time, stable while rows are added.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::server::TestServer;
use super::shop::{paid, zone};

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().expect("rows");
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

/// All rows of a list, read in pages of `limit`.
pub(crate) async fn rows(client: &Client, path: &str, limit: usize) -> Vec<Value> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page =
            client.get(&format!("{path}{separator}limit={limit}{after}")).await.is(200).json();
        let rows = page["data"].as_array().expect("rows");
        assert!(rows.len() == limit || page["next"].is_null(), "{page:#}");
        all.extend_from_slice(rows);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

/// All ids of a list, read in pages of `limit`.
async fn pages(client: &Client, path: &str, limit: usize) -> Vec<String> {
    let rows = rows(client, path, limit).await;
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn events_are_listed_newest_first_and_stable_under_inserts() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, shop.floor(1).await.id);
    }
    assert_eq!(pages(&shop, "/events", 200).await, made);
    assert_eq!(pages(&shop, "/events", 2).await, made);
    let first = shop.get("/events?limit=2").await.is(200);
    let cursor = first.str("next");
    let newer = shop.floor(1).await.id;
    let second = shop.get(&format!("/events?limit=2&after={cursor}")).await.is(200);
    assert_eq!(ids(&second.json()), made[2..4]);
    assert_eq!(ids(&shop.get("/events?limit=1").await.json()), [newer]);
    // A row of the list is the thing itself.
    let shown = shop.get(&format!("/events/{}", made[0])).await.json();
    assert_eq!(first.at("data/0"), shown);
}

#[tokio::test]
async fn a_page_has_50_rows_unless_it_says_otherwise() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = shop.event(super::shop::with(
        super::shop::concert(json!([zone(100, "1")])),
        &json!({"max_per_user": 100}),
    ));
    let event = event.await;
    for _ in 0..51 {
        shop.hold(event.one("ann")).await;
    }
    let page = shop.get("/bookings").await.json();
    assert_eq!(ids(&page).len(), 50);
    assert!(page["next"].is_string());
    assert_eq!(pages(&shop, "/bookings", 17).await.len(), 51);
}

#[tokio::test]
async fn seats_come_page_by_page_as_they_were_listed() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let labels = ["S-7", "S-1", "S-3", "S-2", "S-5", "S-6", "S-4"];
    let event = shop.concert(json!([super::shop::hall(&labels)])).await;
    let seats = rows(&shop, &event.zone_path(0, "/seats"), 2).await;
    let shown: Vec<_> = seats.iter().map(|seat| seat["label"].as_str().expect("a label")).collect();
    assert_eq!(shown, labels);
}

#[tokio::test]
async fn bookings_are_filtered_by_user_event_and_status() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let (one, two) = (shop.floor(50).await, shop.floor(50).await);
    let mut rows = Vec::new();
    for (event, name) in [(&one, "one"), (&two, "two")] {
        for user in ["ann", "bob"] {
            for status in ["reserved", "confirmed", "released", "cancelled"] {
                // Writers that work beside each other order what they make by its instant.
                server.clock.advance(Duration::from_millis(1));
                let id = shop.hold(event.one(user)).await;
                if status == "confirmed" || status == "cancelled" {
                    shop.act(&id, "confirm", paid(&id)).await.is(200);
                }
                if status == "released" {
                    shop.act(&id, "release", json!({})).await.is(200);
                }
                if status == "cancelled" {
                    shop.act(&id, "cancel", json!({})).await.is(200);
                }
                rows.insert(0, (name, user, status, id));
            }
        }
    }
    for event in [None, Some(("one", &one.id)), Some(("two", &two.id))] {
        for user in [None, Some("ann"), Some("bob"), Some("nobody")] {
            for status in
                [None, Some("reserved"), Some("confirmed"), Some("released"), Some("expired")]
            {
                let wanted = |row: &&(&str, &str, &str, String)| {
                    event.is_none_or(|(name, _)| name == row.0)
                        && user.is_none_or(|user| user == row.1)
                        && status.is_none_or(|status| status == row.2)
                };
                let wanted: Vec<_> = rows.iter().filter(wanted).map(|row| row.3.clone()).collect();
                let mut path = "/bookings?".to_owned();
                event.iter().for_each(|(_, id)| path += &format!("event_id={id}&"));
                user.iter().for_each(|user| path += &format!("user_id={user}&"));
                status.iter().for_each(|status| path += &format!("status={status}&"));
                let path = path.trim_end_matches('&');
                assert_eq!(pages(&shop, path, 3).await, wanted, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn filters_and_cursors_must_make_sense() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let hall = shop.concert(json!([super::shop::hall(&["A1", "A2", "A3"])])).await;
    for (path, field) in [
        ("/bookings?status=lost", "status"),
        ("/bookings?event_id=x", "event_id"),
        ("/bookings?after=x", "after"),
        (&format!("/bookings?after={}", floor.id), "after"),
        ("/events?after=", "after"),
        ("/events?limit=x", "limit"),
        ("/events?limit=-1", "limit"),
        ("/activity?after=x", "after"),
        ("/activity?after=-1", "after"),
        ("/activity?type=booking.lost", "type"),
        (&hall.zone_path(0, "/seats?after=x"), "after"),
    ] {
        let answer = shop.get(path).await.is(400).fails("INVALID_REQUEST");
        assert_eq!(answer.fields(), [field], "{path}");
    }
    // A cursor beyond the end gives an empty page, as does one that was never given out.
    let nothing = shop.get("/bookings?after=bkg_00000000000000000000000000").await.is(200);
    assert_eq!(nothing.json(), json!({"data": [], "next": null}));
}

#[tokio::test]
async fn seats_are_listed_in_their_order() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let labels = ["C1", "A2", "B3", "A1", "Z"];
    let hall = shop.concert(json!([super::shop::hall(&labels), zone(3, "1")])).await;
    let path = hall.zone_path(0, "/seats");
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&format!("{path}?limit=2{after}")).await.is(200).json();
        for seat in page["data"].as_array().unwrap() {
            seen.push(seat["label"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, labels);
    shop.get(&hall.zone_path(1, "/seats")).await.fails("NOT_FOUND");
}

#[tokio::test]
async fn a_page_of_large_events_ends_earlier() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let name = "x".repeat(domain::limits::NAME_CHARS_MAX);
    let zone = super::shop::with(zone(1, "1"), &json!({ "name": name }));
    let zones = vec![zone; domain::limits::ZONES_MAX as usize];
    let mut made = Vec::new();
    for _ in 0..10 {
        made.insert(0, shop.concert(json!(zones)).await.id);
    }
    let (mut all, mut after, mut ended_earlier) = (Vec::new(), String::new(), false);
    loop {
        let page = shop.get(&format!("/events?limit=200{after}")).await.is(200);
        let longest = server::PAGE_BYTES_MAX + 1_024;
        assert!(page.text().len() < longest, "{} bytes", page.text().len());
        all.extend(ids(&page.json()));
        let Some(next) = page.json()["next"].as_str().map(str::to_owned) else { break };
        ended_earlier = true;
        assert!(all.len() < made.len(), "it goes on without end");
        after = format!("&after={next}");
    }
    assert_eq!((all, ended_earlier), (made, true));
}
