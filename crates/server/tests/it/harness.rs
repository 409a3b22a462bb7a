//! The end of a server fails its test where it has to: each of these tests must fail.

use engine::failpoint::BEGIN;

use super::http::Ask;
use super::outside::FATAL;
use super::server::TestServer;

#[tokio::test]
#[should_panic(expected = "is held past its deadline")]
async fn a_store_that_is_not_as_it_must_be() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    shop.hold(floor.one("ann")).await;
    server.faults.fail(BEGIN);
    server.advance(602);
}

#[tokio::test]
#[should_panic(expected = "ERRORs were logged")]
async fn an_error_in_the_log() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    server.outage.panic_on_events();
    shop.get(&floor.path("")).await.is(500);
}

#[tokio::test]
#[should_panic(expected = "the process would have ended")]
async fn what_would_have_ended_the_process() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one(FATAL)).key("k");
    shop.send(ask).await.is(503);
    // Until it has ended, no traffic comes.
    let nobody = server.nobody();
    while nobody.get("/readyz").await.status != 503 {}
    let ready = nobody.get("/readyz").await.is(503);
    assert_eq!(ready.at("reason"), "a writer has ended, and so does the process");
}
