//! File descriptors, and where connections wait to be accepted: what the system has to give for them.

use std::io;
use std::net::SocketAddr;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket, lookup_host};

use crate::serve::CONNECTIONS_MAX;

/// Descriptors that are never a client's: the store's files, its readers, logs, timers.
pub const DESCRIPTORS_RESERVED: usize = 96;
/// Connections that a server must be able to keep open, or it does not start.
pub const CONNECTIONS_MIN: usize = 32;
/// Connections that wait to be accepted: a rush begins with all of them at once. The system may allow
/// fewer (on Linux `net.core.somaxconn`).
pub const LISTEN_BACKLOG: u32 = 4_096;

/// Raises the limit of open files as far as the system allows, and says how many connections may be open
/// at a time, where the store itself has `store_connections`.
///
/// # Errors
/// When the limit is too low to serve anybody; it says what to do.
pub fn connections_max(store_connections: usize) -> Result<usize, String> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let files = match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_stays) => current,
    };
    // No limit is a limit that nobody reaches.
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let reserved = DESCRIPTORS_RESERVED.saturating_add(store_connections);
    let left = files.saturating_sub(reserved);
    if left < CONNECTIONS_MIN {
        let needed = reserved.saturating_add(CONNECTIONS_MIN);
        return Err(format!(
            "only {files} files may be open, {needed} are needed: raise the limit (ulimit -n, LimitNOFILE)"
        ));
    }
    Ok(left.min(CONNECTIONS_MAX))
}

/// Listens on an address, with room for a rush of connections.
///
/// # Errors
/// When nobody may listen there, or somebody does.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let nowhere = || io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
    let mut last = nowhere();
    for address in lookup_host(address).await? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that starts again finds connections of the one before it still closing.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LISTEN_BACKLOG)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    /// More than the 128 that a listener asks for which does not say.
    const RUSH: usize = 400;

    #[tokio::test]
    async fn a_rush_of_connections_waits_to_be_accepted() {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
        let allowed = allowed.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(RUSH);
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut open = Vec::new();
        for number in 0..RUSH.min(allowed) {
            // A connection that finds no room is tried again after a second, and then later and later.
            let stream = timeout(Duration::from_secs(20), TcpStream::connect(address)).await;
            open.push(stream.unwrap_or_else(|_| panic!("number {number} waits")).unwrap());
        }
    }

    #[test]
    fn connections_leave_the_store_its_descriptors() {
        let few = connections_max(0).unwrap();
        assert!((CONNECTIONS_MIN..=CONNECTIONS_MAX).contains(&few), "{few}");
        assert!(connections_max(usize::MAX).unwrap_err().contains("ulimit -n"));
    }
}
