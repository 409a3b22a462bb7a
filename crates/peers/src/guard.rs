//! Whoever is killed cannot tidy up. The guard is a process of its own that outlives its owner, stops
//! the owner's server and removes its folder.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Reads until the owner's end of the pipe is closed: by its end, whatever ended it.
const SCRIPT: &str = r#"
cat > /dev/null
pid=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$pid" && kill -CONT "$pid"
rounds=0
while [ "$rounds" -lt 100 ] && [ -n "$pid" ] && kill -0 "$pid"; do
    sleep 0.1
    rounds=$((rounds + 1))
done
rm -rf "$1"
"#;

#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Guards the server in this folder.
    pub(crate) fn of(folder: &Path) -> std::io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "guard"]).arg(folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Self)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ended = self.0.wait().is_ok();
    }
}
