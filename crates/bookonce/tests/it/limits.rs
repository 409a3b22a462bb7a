//! Running out of something: the server says so, goes on, and is well again afterwards.

use std::io;
use std::net::TcpStream;
use std::process::Command;

use serde_json::json;
use server::{CONNECTIONS_MIN, DESCRIPTORS_RESERVED};

use crate::place::{Place, Server};
use crate::process::{Ran, TIMEOUT};
use crate::settings::poll;
use crate::workload::{RESERVE, Sale, plain_event};

/// Files that the server may have open: little more than it needs to start.
const FILES_MAX: usize = DESCRIPTORS_RESERVED + CONNECTIONS_MIN + 8;

/// Serves with a limit of files that cannot be raised.
fn limited(place: &Place, files_max: usize) -> Result<Server, Ran> {
    let limited = format!("ulimit -n {files_max} && exec \"$0\" serve");
    let mut command = Command::new("bash");
    place.settle_in(command.args(["-c", &limited, env!("CARGO_BIN_EXE_bookonce")]));
    place.serve_by(&mut command)
}

#[test]
fn clients_leave_the_store_its_file_descriptors() {
    let place = Place::new();
    let key = place.key();
    let server = limited(&place, FILES_MAX).expect("it serves");
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(100, 600));

    // More than it may have open: the others wait to be accepted.
    let connect = |_| TcpStream::connect(server.address);
    let open: Vec<_> = (0..FILES_MAX).map(connect).collect::<io::Result<_>>().expect("a queue");
    for number in 0..20 {
        client.post(RESERVE, &format!("hold-{number}"), &sale.reserve(0, 1, "ann")).expect(201);
        client.get(&sale.availability(0)).expect(200);
    }
    let wait = client.http.send("GET", "/metrics", &[], "").expect("an answer");
    assert!(wait.body.contains("bookonce_store_errors_total 0"), "{}", wait.body);

    drop(open);
    poll(TIMEOUT, "others are served again", || {
        let answer = server.http().send("GET", "/readyz", &[], "").ok()?;
        (answer.status == 200).then_some(())
    });
    let ran = server.stopped();
    assert!(!ran.log.contains("Too many open files"), "{ran:?}");
    place.verify();
}

#[test]
fn with_too_few_file_descriptors_it_says_so_and_does_not_start() {
    let place = Place::new();
    let ran = limited(&place, DESCRIPTORS_RESERVED).expect_err("it does not serve");
    assert_eq!(ran.code(), Some(2), "{ran:?}");
    assert!(ran.log.contains("raise the limit (ulimit -n, LimitNOFILE)"), "{ran:?}");
}

#[test]
fn a_full_queue_is_refused_and_nothing_is_lost_by_it() {
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&["--queue-max", "1"]);
    let sale = Sale::create(&mut server.client(&key), "event", &plain_event(1_000, 600));
    let (sale, server) = (&sale, &server);
    std::thread::scope(|scope| {
        for buyer in 0..12 {
            let mut client = server.client(&key);
            scope.spawn(move || {
                for number in 0..20 {
                    let name = format!("hold-{buyer}-{number}");
                    poll(TIMEOUT, "it gets its turn", || {
                        let answer = client.post(RESERVE, &name, &sale.reserve(0, 1, &name));
                        if answer.status == 503 {
                            assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
                            return None;
                        }
                        Some(answer.expect(201))
                    });
                }
            });
        }
    });
    let mut client = server.client(&key);
    poll(TIMEOUT, "each was held once", || {
        let shown = client.get(&sale.availability(0)).expect(200);
        (shown["held"] == json!(240)).then_some(())
    });
    place.verify();
}
