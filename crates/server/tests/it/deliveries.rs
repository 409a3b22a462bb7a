//! Deliveries after they are over: how long they are kept.

use serde_json::{Value, json};

use super::client::Client;
use super::http::Ask;
use super::receiver::{Mode, Receiver};
use super::server::TestServer;
use super::webhooks::{endpoint, event, path, until};

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

async fn keeping(days: u32) -> TestServer {
    TestServer::with(|settings| {
        settings.webhooks.allow_private = true;
        settings.retention.delivery_days = days;
    })
    .await
}

fn one(delivery: &Value) -> String {
    format!("/webhook_deliveries/{}", delivery["id"].as_str().expect("an id"))
}

async fn statuses(shop: &Client) -> Vec<Value> {
    let list = shop.get("/webhook_deliveries?limit=200").await.is(200).json();
    let rows = list["data"].as_array().expect("rows").iter();
    rows.map(|delivery| delivery["status"].clone()).collect()
}

/// With their attempts, from the day on; what is open stays, however old it is.
#[tokio::test]
async fn deliveries_go_once_their_time_is_over() {
    let server = keeping(1).await;
    let (shop, well, ill) = (server.shop(), Receiver::start().await, Receiver::start().await);
    endpoint(&shop, &well.url(), json!(["event.created"])).await;
    endpoint(&shop, &ill.url(), json!(["event.created"])).await;
    ill.set(Mode::Answers(503, "Retry-After: 86400\r\n", Vec::new()));
    event(&shop).await;
    let delivered = until(&shop, "delivered", 1).await;
    let pending = until(&shop, "pending", 1).await;
    server.advance(DAY - HOUR);
    assert_eq!(statuses(&shop).await.len(), 2, "it is not time yet");
    server.advance(HOUR + 60);
    assert_eq!(statuses(&shop).await, ["pending"]);
    shop.get(&one(&delivered[0])).await.is(404).fails("NOT_FOUND");
    let redeliver = format!("{}/redeliver", one(&delivered[0]));
    shop.send(Ask::new("POST", &redeliver).key("r")).await.is(404);
    shop.get(&one(&pending[0])).await.is(200);
    assert_eq!(server.metric("bookonce_webhook_deliveries_removed_total"), 1.0);
    // What is new is delivered as before, and once.
    event(&shop).await;
    server.settle();
    well.until(2).await;
    until(&shop, "delivered", 1).await;
    assert_eq!(well.received().len(), 2);
}

/// Nobody is left who could ask for them.
#[tokio::test]
async fn deliveries_to_an_endpoint_that_was_deleted_go_as_well() {
    let server = keeping(1).await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    let made = endpoint(&shop, &receiver.url(), json!(["event.created"])).await;
    event(&shop).await;
    until(&shop, "delivered", 1).await;
    receiver.set(Mode::status(500));
    event(&shop).await;
    until(&shop, "pending", 1).await;
    shop.send(Ask::new("DELETE", &path(&made)).key("x")).await.is(200);
    until(&shop, "cancelled", 1).await;
    server.advance(DAY + 60);
    assert_eq!(statuses(&shop).await, [] as [Value; 0]);
    shop.get(&path(&made)).await.is(404);
}

#[tokio::test]
async fn deliveries_are_kept_for_ever_where_the_setting_is_0() {
    let server = keeping(0).await;
    let (shop, receiver) = (server.shop(), Receiver::start().await);
    endpoint(&shop, &receiver.url(), json!(["event.created"])).await;
    event(&shop).await;
    until(&shop, "delivered", 1).await;
    server.advance(10_000 * DAY);
    assert_eq!(statuses(&shop).await, ["delivered"]);
}
