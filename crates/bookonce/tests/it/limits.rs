//! Running out of something: the server says so, goes on, and is well again afterwards.

use std::io;
use std::net::TcpStream;
use std::process::Command;

use serde_json::json;

use crate::place::Place;
use crate::process::PATIENCE;
use crate::settings::{is_postgres, poll};
use crate::workload::{RESERVE, Sale, plain_event};

/// Files that the server may have open: with a database each connection to it takes some.
fn files_max() -> u32 {
    if is_postgres() { 96 } else { 48 }
}

#[test]
fn without_file_descriptors_open_connections_are_still_served() {
    let place = Place::new();
    let key = place.key();
    let files_max = files_max();
    let limited = format!("ulimit -n {files_max} && exec \"$0\" serve");
    let mut command = Command::new("bash");
    place.settle_in(command.args(["-c", &limited, env!("CARGO_BIN_EXE_bookonce")]));
    let mut server = place.serve_by(&mut command).expect("it serves");
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(100, 600));

    let connect = |_| TcpStream::connect(server.address);
    let open: Vec<_> = (0..files_max).map(connect).collect::<io::Result<_>>().expect("a queue");
    let told = server.process.log_until(|line| line.contains("Too many open files").then_some(()));
    assert_eq!(told, Some(()), "it says what it lacks");
    for number in 0..20 {
        client.post(RESERVE, &format!("hold-{number}"), &sale.reserve(0, 1, "ann")).expect(201);
    }
    let wait = client.http.send("GET", "/metrics", &[], "").expect("an answer");
    assert!(wait.body.contains("bookonce_store_errors_total 0"), "{}", wait.body);

    drop(open);
    poll(PATIENCE, "others are served again", || {
        let answer = server.http().send("GET", "/readyz", &[], "").ok()?;
        (answer.status == 200).then_some(())
    });
    server.stop();
    place.verify();
}

#[test]
fn a_full_queue_is_refused_and_nothing_is_lost_by_it() {
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&["--queue_max", "1"]);
    let sale = Sale::create(&mut server.client(&key), "event", &plain_event(1_000, 600));
    let (sale, server) = (&sale, &server);
    std::thread::scope(|scope| {
        for buyer in 0..12 {
            let mut client = server.client(&key);
            scope.spawn(move || {
                for number in 0..20 {
                    let name = format!("hold-{buyer}-{number}");
                    poll(PATIENCE, "it gets its turn", || {
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
    poll(PATIENCE, "each was held once", || {
        let shown = client.get(&sale.availability(0)).expect(200);
        (shown["held"] == json!(240)).then_some(())
    });
    place.verify();
}
