//! `bookonce webhooks listen`: what is sent is shown, checked and sent on, and nothing is left behind.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::http::Client;
use crate::place::{Key, Place, Server, id};
use crate::process::{Process, Ran, TIMEOUT};
use crate::settings::poll;
use crate::workload::{RESERVE, Sale, plain_event};

const ENDPOINTS: &str = "/api/v1/webhook_endpoints";

/// Begins to listen.
fn listen(place: &Place, server: &Server, key: &Key, more: &[&str]) -> Process {
    let address = format!("http://{}", server.address);
    let mut command = place.command(&["webhooks", "listen", "--server", &address]);
    let mut process = Process::spawn(command.env("BOOKONCE_KEY", &key.secret).args(more));
    process.log_until(|line| line.contains(" leads to ").then_some(())).expect("it listens");
    process
}

/// Listens where it cannot.
#[track_caller]
fn refused(place: &Place, arguments: &[&str], told: &str) {
    let ran = place.run(&[&["webhooks", "listen"], arguments].concat());
    assert_eq!(ran.code(), Some(2), "{ran:?}");
    assert!(ran.log.contains(told), "{ran:?}");
}

fn booking(client: &mut Client) -> String {
    let sale = Sale::create(client, "event", &plain_event(9, 86_400));
    id(&client.post(RESERVE, "reserve", &sale.reserve(0, 2, "ann")).expect(201))
}

fn endpoints(client: &mut Client) -> Value {
    client.get(ENDPOINTS).expect(200)["data"].clone()
}

fn stopped(process: Process, signal: &str) -> Ran {
    process.signal(signal);
    process.ended(TIMEOUT)
}

#[test]
fn what_is_sent_is_shown_until_it_is_told_to_stop() {
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&["--webhooks.allow-private"]);
    let mut client = server.client(&key);
    let mut lines = listen(&place, &server, &key, &["--json", "--types", "booking.*"]);
    let mut text = listen(&place, &server, &key, &["--types", "event.created,zone.*"]);
    assert_eq!(endpoints(&mut client).as_array().map(Vec::len), Some(2));
    let booking = booking(&mut client);

    let printed = lines.out_until(&booking);
    let shown: Value = serde_json::from_str(&printed).expect("one line, of the one type");
    let told = ["verified", "refused", "status"].map(|name| shown[name].clone());
    assert_eq!(told, [json!(true), Value::Null, json!(204)], "{shown}");
    let event = &shown["event"];
    assert_eq!((&event["type"], &event["id"]), (&json!("booking.reserved"), &shown["webhook_id"]));

    let printed = text.out_until("answered 204");
    assert!(printed.contains(" event.created evt_"), "{printed}");
    assert!(!printed.contains('\u{1b}'), "colours are for terminals: {printed}");

    // What is not from the server is not believed.
    let url = endpoints(&mut client)[1]["url"].as_str().expect("a URL").to_owned();
    let address = url.trim_start_matches("http://").trim_end_matches('/').parse();
    let mut other = crate::http::Http::new(address.expect("an address"));
    other.write(&crate::http::request("POST", "/", &[], "{}")).expect("it is sent");
    assert_eq!(other.head().expect("an answer").status, 401);
    let printed = lines.out_until("\"verified\":false");
    assert!(printed.contains("the header webhook-id is missing"), "{printed}");

    for (process, signal) in [(lines, "TERM"), (text, "INT")] {
        let ran = stopped(process, signal);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        assert!(ran.log.contains(" is removed."), "{ran:?}");
    }
    assert_eq!(endpoints(&mut client), json!([]));
    server.stop();
}

/// What came over a connection, up to the end of its body.
fn request(stream: impl std::io::Read) -> String {
    let mut reader = BufReader::new(stream);
    let (mut all, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        let read = reader.read_line(&mut line).expect("a line");
        assert!(read > 0, "it ends early: {all}");
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        all += &line;
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    all + &String::from_utf8(body).expect("text")
}

#[test]
fn what_is_sent_is_sent_on_as_it_came() {
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&["--webhooks.allow-private"]);
    let mut client = server.client(&key);
    let receiver = TcpListener::bind("127.0.0.1:0").expect("a port");
    let forward = format!("http://{}/hooks", receiver.local_addr().expect("an address"));
    let types = ["--types", "booking.*"];
    let more = [types.as_slice(), &["--json", "--forward", &forward]].concat();
    let mut process = listen(&place, &server, &key, &more);
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = receiver.accept().expect("it is sent on");
        let said = request(&stream);
        let answer = "HTTP/1.1 503 Later\r\nRetry-After: 3600\r\nContent-Length: 5\r\n\
                      Connection: close\r\n\r\nlater";
        stream.write_all(answer.as_bytes()).expect("an answer");
        said
    });
    let booking = booking(&mut client);
    let shown: Value = serde_json::from_str(&process.out_until(&booking)).expect("a line");
    assert_eq!((&shown["status"], &shown["verified"]), (&json!(503), &json!(true)), "{shown}");
    assert!(shown["forwarded_ms"].is_u64() && shown["forward_fault"].is_null(), "{shown}");

    let said = answers.join().expect("it is answered");
    assert!(said.starts_with("POST /hooks HTTP/1.1\r\n"), "{said}");
    for (name, value) in [
        ("webhook-id", shown["webhook_id"].as_str()),
        ("webhook-timestamp", shown["webhook_timestamp"].as_str()),
        ("webhook-signature", Some("v1,")),
        ("user-agent", Some("Bookonce/")),
    ] {
        let line = format!("\r\n{name}: {}", value.expect(name));
        assert!(said.contains(&line), "{line}: {said}");
    }
    let (_, body) = said.split_once("\r\n\r\n").expect("a body");
    let event: Value = serde_json::from_str(body).expect("an envelope");
    assert_eq!(event, shown["event"]);

    // The server hears what the receiver has said, and that it shall wait.
    let listed = "/api/v1/webhook_deliveries?status=pending";
    let delivery = poll(TIMEOUT, "it is written", || {
        client.get(listed).expect(200)["data"].as_array().expect("a list").first().cloned()
    });
    let delivery = client.get(&format!("/api/v1/webhook_deliveries/{}", id(&delivery))).expect(200);
    let attempt = &delivery["attempts"][0];
    assert_eq!(
        (&attempt["response_status"], &attempt["response_body"]),
        (&json!(503), &json!("later"))
    );
    assert_eq!(stopped(process, "INT").code(), Some(0));

    // Nobody is there any more.
    let mut process = listen(&place, &server, &key, &more);
    let path = format!("/api/v1/bookings/{booking}/release");
    client.post(&path, "release", &json!({})).expect(200);
    let shown: Value = serde_json::from_str(&process.out_until(&booking)).expect("a line");
    assert_eq!(shown["status"], 502, "{shown}");
    assert!(shown["forward_fault"].is_string(), "{shown}");
    assert_eq!(stopped(process, "TERM").code(), Some(0));
    assert_eq!(endpoints(&mut client), json!([]));
    server.stop();
}

#[test]
fn what_keeps_it_from_listening_is_said() {
    let place = Place::new();
    let key = place.key();
    let reader = place.key_with(&["--account", "theatre", "--scopes", "read"]);
    let strict = place.serve(&[]);
    let address = format!("http://{}", strict.address);
    let with = |secret| ["--server", address.as_str(), "--key", secret];
    refused(&place, &with(&key.secret), "BOOKONCE_WEBHOOKS_ALLOW_PRIVATE=true");
    refused(&place, &with(&reader.secret), "Use a secret key with the scope admin.");
    refused(&place, &with("bo_live_none"), "--key names another one.");
    refused(&place, &["--key", "x", "--server", "localhost:7070"], "--server: must be an address");
    refused(&place, &["--key", "x", "--forward", "nowhere"], "--forward: must be an address");
    assert_eq!(endpoints(&mut strict.client(&key)), json!([]));
    strict.stop();
    refused(&place, &with(&key.secret), "does not answer");

    let server = place.serve(&["--webhooks.allow-private"]);
    let address = format!("http://{}", server.address);
    let types = ["--server", &address, "--key", &key.secret, "--types", "booking.*,order.moved"];
    refused(&place, &types, "--types: must be `*`");
    // A server that has gone meanwhile.
    let process = listen(&place, &server, &key, &[]);
    server.kill();
    let ran = stopped(process, "INT");
    assert_eq!(ran.code(), Some(2), "{ran:?}");
    assert!(ran.log.contains("is still there") && ran.log.contains("DELETE"), "{ran:?}");
}
