//! The way out to receivers: certificates good and bad, versions of HTTP, and a proxy in between.

use peers::certificates::{Authority, self_signed};
use peers::egress::Egress;
use peers::https::{Alpn, HttpsReceiver, Received};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tempfile::TempDir;

use super::client::{Client, fresh_key};
use super::http::TIMEOUT;
use super::receiver::{Mode, Receiver};
use super::server::TestServer;
use super::webhooks::{endpoint, event, path, until};

/// A failed attempt is tried again within so many seconds.
const AGAIN: u64 = 7;

/// A server that believes an authority besides those of the machine.
struct Believing {
    server: TestServer,
    shop: Client,
    _folder: TempDir,
}

impl Believing {
    async fn start(authority: &Authority, allow_private: bool, proxy: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authorities.pem");
        std::fs::write(&file, authority.pem()).unwrap();
        let server = TestServer::with(|settings| {
            settings.webhooks.allow_private = allow_private;
            settings.webhooks.proxy = proxy;
            settings.webhooks.ca_file = Some(file);
        });
        let server = server.await;
        Self { shop: server.shop(), server, _folder: folder }
    }

    /// The attempt that has just failed, of the delivery that waits to be tried again.
    async fn failed(&self) -> Value {
        let pending = until(&self.shop, "pending", 1).await;
        assert_eq!(pending.len(), 1, "{pending:?}");
        assert!(pending[0]["next_attempt_at"].is_string(), "it is tried again");
        let id = pending[0]["id"].as_str().unwrap();
        let shown = self.shop.get(&format!("/webhook_deliveries/{id}")).await.is(200).json();
        let attempts = shown["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 1, "{shown}");
        attempts[0].clone()
    }

    /// What could not be delivered is, now that nothing is in its way; as many were in the end.
    async fn delivered_in_the_end(&self, count: usize) {
        self.server.advance(AGAIN);
        until(&self.shop, "delivered", count).await;
    }
}

/// An attempt says why it failed in a word, and nothing else.
#[track_caller]
fn failed_for(attempt: &Value, fault: &str) {
    let mut expected = attempt.clone();
    expected["response_status"] = Value::Null;
    expected["fault"] = json!(fault);
    expected["response_body"] = json!("");
    assert_eq!(*attempt, expected);
    let names: Vec<_> = attempt.as_object().unwrap().keys().collect();
    assert_eq!(names, ["at", "duration_ms", "response_status", "fault", "response_body"]);
}

async fn arrived(receiver: &HttpsReceiver, count: usize) -> Vec<Received> {
    let arrives = tokio::time::timeout(TIMEOUT, receiver.until(count)).await;
    arrives.unwrap_or_else(|_| panic!("{count} were to come: {:?}", receiver.received()))
}

#[track_caller]
fn is_signed(received: &Received, secret: &str) {
    let timestamp = received.header("webhook-timestamp").parse().expect("seconds");
    let id = received.header("webhook-id");
    let signed = Webhook::new(secret).unwrap().sign(id, timestamp, &received.body).unwrap();
    assert_eq!(received.header("webhook-signature"), signed);
}

#[tokio::test]
async fn bad_certificates_are_not_believed_and_tried_again() {
    let ours = Authority::new();
    let bad = [
        ("self-signed", self_signed("127.0.0.1")),
        ("of an authority that nobody knows", Authority::new().signs("127.0.0.1")),
        ("expired", ours.signed_until_2002("127.0.0.1")),
        ("for another address", ours.signs("127.0.0.2")),
        ("for a name", ours.signs("shop.example")),
    ];
    let good = ours.signs("127.0.0.1");
    let node = Believing::start(&ours, true, None).await;
    let receiver = HttpsReceiver::listen("127.0.0.1:0", &good, Alpn::Http1).await;
    let url = format!("https://{}/hooks", receiver.address);
    let made = endpoint(&node.shop, &url, json!(["event.created"])).await;
    for (number, (what, certificate)) in bad.iter().enumerate() {
        receiver.show(certificate, Alpn::Http1);
        event(&node.shop).await;
        failed_for(&node.failed().await, "tls");
        assert_eq!(receiver.received().len(), number, "{what}: it is told nothing");
        let test = format!("{}/test", path(&made));
        let tested = node.shop.post_once(&fresh_key(), &test, json!({})).await.is(200).json();
        failed_for(&tested["attempt"], "tls");
        receiver.show(&good, Alpn::Http1);
        node.delivered_in_the_end(number + 1).await;
        let received = arrived(&receiver, number + 1).await;
        is_signed(&received[number], &made.str("secret"));
    }
}

/// By ALPN, as RFC 7301 has it.
#[tokio::test]
async fn the_newest_version_that_the_receiver_speaks_is_spoken() {
    let ours = Authority::new();
    let good = ours.signs("127.0.0.1");
    let node = Believing::start(&ours, true, None).await;
    let mut receivers = Vec::new();
    for alpn in [Alpn::Both, Alpn::Http2, Alpn::Http1, Alpn::Silent] {
        let receiver = HttpsReceiver::listen("127.0.0.1:0", &good, alpn).await;
        let url = format!("https://{}/hooks?shop=1", receiver.address);
        let made = endpoint(&node.shop, &url, json!(["event.created"])).await;
        receivers.push((alpn, receiver, made.str("secret")));
    }
    for number in 1..=3 {
        event(&node.shop).await;
        until(&node.shop, "delivered", number * receivers.len()).await;
    }
    let feed = node.shop.get("/activity?type=event.created").await.is(200).json();
    for (alpn, receiver, secret) in &receivers {
        let received = arrived(receiver, 3).await;
        let is_http2 = [Alpn::Both, Alpn::Http2].contains(alpn);
        assert_eq!(receiver.connections(), if is_http2 { 1 } else { 3 }, "{alpn:?}");
        let version = if is_http2 { "HTTP/2.0" } else { "HTTP/1.1" };
        for (received, told) in received.iter().zip(feed["data"].as_array().unwrap()) {
            assert_eq!(format!("{:?}", received.version), version, "{alpn:?}");
            assert!(received.target.ends_with("/hooks?shop=1"), "{}", received.target);
            assert_eq!(serde_json::from_slice::<Value>(&received.body).unwrap(), *told);
            assert_eq!(received.header("webhook-id"), told["id"].as_str().unwrap());
            assert_eq!(received.header("content-type"), "application/json");
            is_signed(received, secret);
        }
        assert_eq!(received.len(), 3, "each once");
    }
    let [_, (_, http2, _), ..] = &receivers[..] else { panic!("there are four") };
    http2.answer(503);
    event(&node.shop).await;
    until(&node.shop, "delivered", 3 * receivers.len() + receivers.len() - 1).await;
    assert_eq!(node.failed().await["response_status"], 503);
    http2.answer(200);
    node.delivered_in_the_end(4 * receivers.len()).await;
}

#[tokio::test]
async fn https_goes_through_the_proxy_which_resolves_names() {
    let (ours, egress) = (Authority::new(), Egress::start().await);
    let good = ours.signs("shop.example");
    let receiver = HttpsReceiver::listen("127.0.0.1:0", &good, Alpn::Http1).await;
    egress.lead("shop.example:443", receiver.address);
    let proxy = format!("http://proxy%20user:word@{}", egress.address);
    let node = Believing::start(&ours, false, Some(proxy)).await;
    let made = endpoint(&node.shop, "https://shop.example/hooks", json!(["event.created"])).await;
    event(&node.shop).await;
    let received = arrived(&receiver, 1).await;
    assert_eq!(received[0].header("host"), "shop.example");
    assert_eq!(received[0].header("proxy-authorization"), "", "that is for the proxy");
    is_signed(&received[0], &made.str("secret"));
    let heads = egress.heads();
    let [head] = &heads[..] else { panic!("one tunnel: {heads:?}") };
    assert!(head.starts_with("CONNECT shop.example:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nproxy-authorization: Basic cHJveHkgdXNlcjp3b3Jk"), "{head}");
    assert!(!head.contains("webhook"), "it sees nothing of what is said: {head}");
    until(&node.shop, "delivered", 1).await;

    // It refuses, or asks for a password; and whom it leads to is looked at as without it.
    for (number, status) in [403, 407, 502].into_iter().enumerate() {
        egress.refuse(Some(status));
        event(&node.shop).await;
        failed_for(&node.failed().await, "connect");
        egress.refuse(None);
        node.delivered_in_the_end(number + 2).await;
    }
    receiver.show(&ours.signs("other.example"), Alpn::Http1);
    event(&node.shop).await;
    failed_for(&node.failed().await, "tls");
    receiver.show(&good, Alpn::Both);
    node.delivered_in_the_end(5).await;
    let received = arrived(&receiver, 5).await;
    assert_eq!(received.len(), 5);
    assert_eq!(format!("{:?}", received[4].version), "HTTP/2.0");

    // An address that says itself that it is private is refused all the same.
    for url in ["https://10.0.0.1/", "https://localhost/", "http://shop.example/"] {
        let body = json!({"url": url, "event_types": ["*"]});
        node.shop.post("/webhook_endpoints", body).await.is(400).names("url");
    }
}

#[tokio::test]
async fn http_goes_through_the_proxy_in_the_absolute_form() {
    let (egress, receiver) = (Egress::start().await, Receiver::start().await);
    egress.lead("shop.example", receiver.address);
    // So that each delivery meets the proxy from scratch.
    receiver.set(Mode::Answers(200, "Connection: close\r\n", Vec::new()));
    let proxy = egress.address.to_string();
    let node = Believing::start(&Authority::new(), true, Some(proxy)).await;
    let url = "http://shop.example/hooks?shop=1";
    endpoint(&node.shop, url, json!(["event.created"])).await;
    event(&node.shop).await;
    receiver.until(1).await;
    let heads = egress.heads();
    let asked = format!("POST {url} HTTP/1.1\r\n");
    assert!(heads.iter().all(|head| head.starts_with(&asked)), "{heads:?}");
    until(&node.shop, "delivered", 1).await;

    // What the proxy says cannot be told from what the receiver says.
    egress.refuse(Some(403));
    event(&node.shop).await;
    let attempt = node.failed().await;
    let said = [&attempt["response_status"], &attempt["fault"], &attempt["response_body"]];
    assert_eq!(said, [&json!(403), &Value::Null, &json!("not allowed\n")]);
    egress.refuse(None);
    node.delivered_in_the_end(2).await;
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_waited_for() {
    let ours = Authority::new();
    let place = Egress::start().await.address;
    let node = Believing::start(&ours, false, Some(format!("http://{place}"))).await;
    endpoint(&node.shop, "https://shop.example/", json!(["event.created"])).await;
    event(&node.shop).await;
    failed_for(&node.failed().await, "connect");
}
