//! A PostgreSQL server of this machine's packages, in a scratch folder: started, stopped, killed, held
//! still, and followed by a standby.

use std::fs::{File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::guard::Guard;
use crate::processes::{Signal, children, signal, wait_for_end};

/// Where Debian and Ubuntu put the server's programs, one folder for each version.
const PACKAGES: &str = "/usr/lib/postgresql";
/// The user that a server is run as when the tests are run by root, which it refuses.
const SERVER_USER: &str = "postgres";
/// Ports that systems give to nobody unasked: a server that was stopped finds its own free again.
const PORTS: std::ops::Range<u32> = 12_000..32_000;
const PORT_ATTEMPTS_MAX: usize = 20;
/// Everything that is waited for here comes within a minute, or never.
const WAIT_MAX: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(10);
/// What every server is started with. It is the server's processes that are killed, not the machine:
/// what they wrote stays written, synchronised with the disk or not.
const SETTINGS: [&str; 4] =
    ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=1000", "fsync=off"];

/// A server that ends with this value, and, when the process is killed, with the process.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    settings: Vec<String>,
    port: u16,
    process: Mutex<Option<Child>>,
    // In this order: the guard looks into the folder before it goes.
    _guard: Guard,
    folder: TempDir,
}

static SERVERS: AtomicU32 = AtomicU32::new(0);

impl Server {
    /// A new server that runs. Anybody on this machine may log in, as anybody. Each setting is
    /// `name=value`; later ones win.
    ///
    /// # Errors
    /// What kept it from running, in words.
    pub fn start_new(settings: &[&str]) -> Result<Self, String> {
        let server = Self::prepare(settings)?;
        let options =
            ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync"];
        server.run(server.command("initdb").arg("--pgdata").arg(server.data()).args(options))?;
        server.start_on_a_free_port()
    }

    /// A new server that follows this one. It takes no writes until [`Server::promote`].
    ///
    /// # Errors
    /// What kept it from running, in words.
    pub fn follower(&self) -> Result<Self, String> {
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        let follower = Self::prepare(&settings)?;
        let from = format!("host=127.0.0.1 port={} user=postgres", self.port);
        let mut copy = follower.command("pg_basebackup");
        copy.arg("--pgdata").arg(follower.data()).args([
            "--dbname",
            &from,
            "--write-recovery-conf",
        ]);
        follower.run(copy.args(["--checkpoint=fast", "--wal-method=stream", "--no-sync"]))?;
        follower.start_on_a_free_port()
    }

    fn prepare(settings: &[&str]) -> Result<Self, String> {
        let missing = "no PostgreSQL: apt-get install postgresql, or set TEST_DATABASE_URL";
        let programs = programs().ok_or(missing)?;
        let failed = |error: std::io::Error| format!("no scratch folder: {error}");
        let folder = TempDir::with_prefix("bookonce-postgres-").map_err(failed)?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data).map_err(failed)?;
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).map_err(failed)?;
        std::fs::set_permissions(&data, Permissions::from_mode(0o700)).map_err(failed)?;
        give_to_server(&data)?;
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let guard = Guard::of(folder.path()).map_err(failed)?;
        let process = Mutex::new(None);
        Ok(Self { programs, settings, port: 0, process, _guard: guard, folder })
    }

    fn start_on_a_free_port(mut self) -> Result<Self, String> {
        let mut attempts = 0;
        loop {
            self.port = free_port();
            match self.try_start() {
                Err(why) if attempts < PORT_ATTEMPTS_MAX && why.contains("in use") => {
                    attempts = attempts.saturating_add(1);
                }
                started => return started.map(|()| self),
            }
        }
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again, on the port that it had.
    pub fn start(&self) {
        self.try_start().unwrap_or_else(|why| panic!("{why}"));
    }

    fn try_start(&self) -> Result<(), String> {
        let mut process = self.process();
        assert!(process.is_none(), "it runs");
        let failed = |error: std::io::Error| format!("postgres does not start: {error}");
        let log = File::create(self.log()).map_err(failed)?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-c", &format!("port={}", self.port)]);
        let settings = SETTINGS.into_iter().chain(self.settings.iter().map(String::as_str));
        command.args(settings.flat_map(|setting| ["-c", setting])).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().map_err(failed)?;
        let mut ended = false;
        let came = until(|| {
            ended = child.try_wait().map_or(true, |status| status.is_some());
            ended || self.is_ready()
        });
        if ended || !came {
            let _killed = child.kill().and_then(|()| child.wait()).is_ok();
            return Err(format!("postgres does not start: {}", self.said()));
        }
        *process = Some(child);
        Ok(())
    }

    /// Ends it like a power cut ends it: all of its processes at once, in the middle of whatever they
    /// do.
    pub fn kill(&self) {
        let mut process = self.process();
        let mut child = process.take().expect("it runs");
        // First the one that starts the others, so that no new one is missed.
        signal(Signal::Stop, &[child.id()]);
        let others = children(child.id());
        signal(Signal::Kill, &others);
        child.kill().and_then(|()| child.wait()).expect("it ends");
        wait_for_end(&others);
        // Its number may soon be somebody else's.
        std::fs::remove_file(self.data().join("postmaster.pid")).expect("it was running");
    }

    /// Ends its sessions and stops it, as for maintenance.
    pub fn stop(&self) {
        self.end(Signal::Interrupt);
    }

    fn end(&self, how: Signal) {
        let Some(mut child) = self.process().take() else { return };
        signal(how, &[child.id()]);
        signal(Signal::Continue, &children(child.id()));
        signal(Signal::Continue, &[child.id()]);
        let _ended = child.wait().is_ok();
    }

    /// Holds all of its processes still: it accepts connections and says nothing.
    pub fn pause(&self) {
        let id = self.id();
        signal(Signal::Stop, &[id]);
        signal(Signal::Stop, &children(id));
    }

    /// Lets it go on as if nothing had been.
    pub fn resume(&self) {
        let id = self.id();
        signal(Signal::Continue, &children(id));
        signal(Signal::Continue, &[id]);
    }

    /// Makes a follower a server of its own, which takes writes.
    pub fn promote(&self) {
        let mut promote = self.command("pg_ctl");
        promote.arg("--pgdata").arg(self.data()).args(["promote", "--wait", "--silent"]);
        self.run(&mut promote).unwrap_or_else(|why| panic!("{why}"));
    }

    /// Writes a file into its folder, for its eyes only: settings, access rules, certificates.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.data().join(name);
        std::fs::write(&path, text).expect("the folder is ours");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("the file is ours");
        give_to_server(&path).unwrap_or_else(|why| panic!("{why}"));
    }

    /// Makes it read its settings again. It does so soon, not at once.
    pub fn reload(&self) {
        signal(Signal::HangUp, &[self.id()]);
    }

    /// What it has said since it was started.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn id(&self) -> u32 {
        self.process().as_ref().expect("it runs").id()
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// The last line of this file says how far it is.
    fn is_ready(&self) -> bool {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        text.lines().nth(7).is_some_and(|state| state.trim() == "ready")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.data());
        if let Some(SystemUser { user, group }) = server_user() {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(&self, command: &mut Command) -> Result<(), String> {
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{command:?}: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("{command:?}: {error} {}", self.said()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(Signal::Quit);
    }
}

/// The folder of the newest server that is installed.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir(PACKAGES).into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut found: Vec<_> = versions.map(|version| version.path()).collect();
    found.retain(|version| version.join("bin/initdb").is_file());
    found.into_iter().max_by_key(number).map(|version| version.join("bin"))
}

/// A user of the system, by number.
struct SystemUser {
    user: u32,
    group: u32,
}

/// Whom to run the server as, if it cannot be whoever runs the tests.
fn server_user() -> Option<SystemUser> {
    if !is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let user = fields.find(|fields| fields.first() == Some(&SERVER_USER))?;
    Some(SystemUser { user: user.get(2)?.parse().ok()?, group: user.get(3)?.parse().ok()? })
}

fn give_to_server(path: &Path) -> Result<(), String> {
    let Some(SystemUser { user, group }) = server_user() else { return Ok(()) };
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(failed)
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|process| process.uid() == 0)
}

/// Each process looks from a place of its own, so that those that start at once rarely meet.
fn free_port() -> u16 {
    let count = PORTS.end.saturating_sub(PORTS.start);
    loop {
        let tried = SERVERS.fetch_add(1, Ordering::Relaxed);
        let place = std::process::id().wrapping_mul(17).wrapping_add(tried) % count;
        let port = u16::try_from(PORTS.start.saturating_add(place)).expect("a port");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether it came in time.
#[expect(clippy::disallowed_methods, reason = "other programs tell nobody when they are ready")]
pub(crate) fn until(mut is_so: impl FnMut() -> bool) -> bool {
    let mut waited = Duration::ZERO;
    while !is_so() {
        if waited > WAIT_MAX {
            return false;
        }
        std::thread::sleep(GLANCE);
        waited = waited.saturating_add(GLANCE);
    }
    true
}
