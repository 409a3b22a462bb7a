//! The receivers of docs/webhooks.md, as they stand there, against the real program: each is sent signed events, refuses
//! what is not signed, and handles what comes again once.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use engine::Clock as _;
use peers::cluster::Database;
use serde_json::{Value, json};
use server::clock::SystemClock;
use standardwebhooks::Webhook;

use crate::clients::{PACKAGE, run, tools};
use crate::http::{Client, Http};
use crate::place::{Place, id};
use crate::process::{Process, TIMEOUT};
use crate::settings::poll;
use crate::workload::{RESERVE, Sale, plain_event};

const ENDPOINTS: &str = "/api/v1/webhook_endpoints";
/// A receiver believes what was sent within this.
const TOLERANCE_SECONDS: i64 = 300;

/// What the page has in a language, under a heading of its own.
fn block(heading: &str, language: &str) -> String {
    let page = fs::read_to_string(Path::new(PACKAGE).join("../../docs/webhooks.md"));
    let page = page.expect("the page is there");
    let (_, section) = page.split_once(&format!("\n### {heading}\n")).expect("the heading");
    let (_, code) = section.split_once(&format!("```{language}\n")).expect("a block");
    code.split_once("```").expect("it ends").0.to_owned()
}

/// What a receiver is built in, and kept between runs.
fn workshop(name: &str) -> PathBuf {
    let folder = Path::new(PACKAGE).join("../../target/receivers").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder.canonicalize().expect("it is there")
}

/// An endpoint, and the receiver that it leads to.
struct Received {
    process: Process,
    address: SocketAddr,
    endpoint: String,
    secret: String,
}

/// Starts a receiver by its command, which is given the secret of a new endpoint.
fn receive(client: &mut Client, command: &mut Command) -> Received {
    // It is not known before where the receiver listens, nor the secret before there is an endpoint.
    let nowhere = json!({"url": "http://127.0.0.1:9/", "event_types": ["booking.*"]});
    let made = client.post(ENDPOINTS, "endpoint", &nowhere).expect(201);
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    let mut process = Process::spawn(command.env("WEBHOOK_SECRET", &secret).env("PORT", "0"));
    let printed = process.out_until("listening on ");
    let address = printed.trim_end().rsplit(' ').next().and_then(|text| text.parse().ok());
    let address: SocketAddr = address.unwrap_or_else(|| panic!("no address: {printed}"));
    let endpoint = format!("{ENDPOINTS}/{}", id(&made));
    let url = json!({"url": format!("http://{address}/")});
    client.patch(&endpoint, "here", &url).expect(200);
    Received { process, address, endpoint, secret }
}

/// Waits until the endpoint has so many deliveries, and all were taken.
fn delivered(client: &mut Client, endpoint: &str, count: usize) {
    let (_, id) = endpoint.rsplit_once('/').expect("an address");
    let path = format!("/api/v1/webhook_deliveries?endpoint_id={id}");
    poll(TIMEOUT, "it is delivered", || {
        let listed = client.get(&path).expect(200);
        let deliveries = listed["data"].as_array().expect("a list");
        let is_over = |delivery: &Value| delivery["status"] == "delivered";
        (deliveries.len() == count && deliveries.iter().all(is_over)).then_some(())
    });
}

/// What somebody else may send.
fn forge(received: &Received) {
    let now = SystemClock::start(None, true).expect("a clock").now().as_millis() / 1000;
    let body = r#"{"id":"msg_1","type":"booking.confirmed","resource_id":"bkg_1","resource_seq":1,"data":{}}"#;
    let genuine = Webhook::new(&received.secret).expect("a secret");
    let other = Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
    let sign = |by: &Webhook, at| by.sign("msg_1", at, body.as_bytes()).expect("a signature");
    let (old, new) = (now - TOLERANCE_SECONDS - 60, now + TOLERANCE_SECONDS + 60);
    let forged = [
        ("another secret", now, sign(&other, now), body),
        ("another body", now, sign(&genuine, now), "{}"),
        ("another time", now, sign(&genuine, now - 1), body),
        ("kept for long", old, sign(&genuine, old), body),
        ("from the future", new, sign(&genuine, new), body),
        ("not a signature", now, "v1,nonsense".to_owned(), body),
        ("no version", now, "nonsense".to_owned(), body),
    ];
    for (what, timestamp, signature, body) in forged {
        let timestamp = timestamp.to_string();
        let headers = [
            ("webhook-id", "msg_1"),
            ("webhook-timestamp", timestamp.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        assert_eq!(status(received.address, &headers, body), 401, "{what}");
    }
    assert_eq!(status(received.address, &[], body), 401, "no headers");
}

/// What is answered to a request of its own connection.
fn status(address: SocketAddr, headers: &[(&str, &str)], body: &str) -> u16 {
    let mut http = Http::new(address);
    http.write(&crate::http::request("POST", "/", headers, body)).expect("it is sent");
    http.head().expect("an answer").status
}

/// The life of a receiver, from its first event to one that comes after everything came again.
fn check(place: &Place, command: &mut Command) {
    let key = place.key();
    let server = place.serve(&["--webhooks.allow-private"]);
    let mut client = server.client(&key);
    let mut received = receive(&mut client, command);
    let sale = Sale::create(&mut client, "event", &plain_event(9, 86_400));
    let booking = id(&client.post(RESERVE, "reserve", &sale.reserve(0, 2, "ann")).expect(201));
    received.process.out_until(&format!("handled booking.reserved {booking} 1"));
    delivered(&mut client, &received.endpoint, 1);
    forge(&received);

    // The same event, as a delivery of its own.
    let replay = format!("{}/replay", received.endpoint);
    client.post(&replay, "replay", &json!({"after": 0})).expect(200);
    delivered(&mut client, &received.endpoint, 2);
    let paid = json!({"payment": {"method": "external", "reference": "receipt-1"}});
    client.post(&format!("/api/v1/bookings/{booking}/confirm"), "paid", &paid).expect(200);
    let printed = received.process.out_until(&format!("handled booking.confirmed {booking} 2"));
    let handled: Vec<_> = printed.lines().filter(|line| line.starts_with("handled")).collect();
    assert_eq!(handled.len(), 2, "what came again was handled again: {printed}");
    let refused = printed.lines().filter(|line| line.starts_with("refused")).count();
    assert_eq!(refused, 8, "{printed}");
    drop(received);
    server.stop();
}

#[test]
fn the_receiver_in_python_works() {
    let (tools, place) = (tools(), Place::new());
    place.write("receiver.py", &block("Python", "python"));
    let mut command = Command::new(tools.join("python/bin/python"));
    place.settle_in(command.arg("receiver.py"));
    check(&place, &mut command);
}

#[test]
fn the_receiver_in_typescript_works() {
    let (tools, place) = (tools(), Place::new());
    place.write("receiver.ts", &block("TypeScript", "ts"));
    place.write("package.json", r#"{"type": "module"}"#);
    let modules = tools.join("node_modules");
    std::os::unix::fs::symlink(&modules, place.path("node_modules")).expect("a link");
    let mut compile = Command::new("node");
    compile.arg(modules.join("typescript/bin/tsc")).args(["--strict", "--skipLibCheck"]);
    compile.args(["--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext"]);
    place.settle_in(compile.args(["--types", "node", "receiver.ts"]));
    run(&mut compile);
    let database = Database::new();
    let mut command = Command::new("node");
    place.settle_in(command.arg("receiver.js").env("DATABASE_URL", database.url()));
    check(&place, &mut command);
}

#[test]
fn the_receiver_in_go_works() {
    let (place, folder) = (Place::new(), workshop("go"));
    place.write("receiver.go", &block("Go", "go"));
    let mut build = Command::new("go");
    build.env("GOCACHE", folder.join("cache")).env("CGO_ENABLED", "0");
    place.settle_in(build.args(["build", "-o", "receiver", "receiver.go"]));
    run(&mut build);
    let mut command = Command::new(place.path("receiver"));
    place.settle_in(&mut command);
    check(&place, &mut command);
}

/// A package of its own, outside the workspace, as other people have it.
#[test]
fn the_receiver_in_rust_works() {
    let (place, folder) = (Place::new(), workshop("rust"));
    let root = Path::new(PACKAGE).join("../..").canonicalize().expect("the root");
    let client = root.join("crates/client");
    let dependencies =
        block("Rust", "toml").replace("../bookonce/crates/client", &client.to_string_lossy());
    let package = "[package]\nname = \"receiver\"\nedition = \"2024\"\n\n[workspace]\n";
    let write = |name: &str, text: &str| {
        // What has not changed is not built again.
        let path = folder.join(name);
        if fs::read_to_string(&path).ok().as_deref() != Some(text) {
            fs::write(path, text).expect("a file can be written");
        }
    };
    write("Cargo.toml", &format!("{package}\n{dependencies}"));
    fs::create_dir_all(folder.join("src")).expect("a folder");
    write("src/main.rs", &block("Rust", "rust"));
    // The versions that this build has, so that nothing has to be looked for.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a copy");
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(&folder).args(["build", "--quiet", "--offline", "--target-dir", "target"]);
    run(build.env("CARGO_PROFILE_DEV_DEBUG", "0"));
    let mut command = Command::new(folder.join("target/debug/receiver"));
    place.settle_in(&mut command);
    check(&place, &mut command);
}
