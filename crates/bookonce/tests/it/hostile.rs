//! Clients without a credential cannot make the process take memory without bound: measured from outside.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use crate::place::Place;
use crate::settings::is_postgres;

/// Connections that send at a time.
const CONNECTIONS: usize = 24;
/// Bytes that each of them sends: a tree of them took 180 MB once.
const BODY_BYTES: usize = 4 * 1024 * 1024;
/// Megabytes that the process may take beyond what it had; without any bound it was over 1,000.
const MEMORY_MB_MAX: u64 = 200;

/// The most memory that a process ever had, in megabytes.
fn peak_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.expect("the kernel counts") / 1_024
}

/// Sends a body, and reads what comes back until the connection ends.
fn send(address: SocketAddr, path: &str, bytes: usize) -> String {
    let mut body = r#"[{"":0},"#.to_owned();
    while body.len() < bytes - 8 {
        body.push_str(r#"{"":0},"#);
    }
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {bytes}\r\nConnection: close\r\n\r\n"
    );
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    let _seen_enough = sent.is_err();
    let padding = bytes.saturating_sub(body.len());
    let _seen_enough = stream.write_all(" ".repeat(padding).as_bytes()).is_err();
    std::io::read_to_string(stream).unwrap_or_default()
}

#[test]
fn bodies_without_a_credential_take_little_memory() {
    if is_postgres() {
        // No store is asked for any of it.
        return;
    }
    let place = Place::new();
    let server = place.serve(&[]);
    server.ready();
    let before = peak_mb(server.process.id());
    for (path, bytes) in [("/v1/events", BODY_BYTES), ("/v1/bookings/reserve", 256 * 1024)] {
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| send(server.address, path, bytes));
            }
        });
    }
    let taken = peak_mb(server.process.id()).saturating_sub(before);
    assert!(taken < MEMORY_MB_MAX, "it took {taken} MB");
    server.stop();
}
