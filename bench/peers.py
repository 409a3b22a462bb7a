"""Servers for measurements: throw-away ones with their default durability, on loopback only. What is
started here, and nothing else, is ended here."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")


def run(*args, **more):
    return subprocess.run(args, check=True, capture_output=True, text=True, **more).stdout


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def cpu_of(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / TICKS


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_programs():
    """Where PostgreSQL's server programs are, the newest ones; None where there are none."""
    homes = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(homes, key=lambda home: int(home.parts[-3]) if home.parts[-3].isdigit() else 0)
    return newest[-1].parent if newest else None


class Postgres:
    def __init__(self, folder, port, settings=()):
        self.bin, self.data, self.port = postgres_programs(), folder / "data", port
        if not self.bin:
            sys.exit("no PostgreSQL: apt-get install postgresql")
        self.data.mkdir()
        self.root = os.getuid() == 0
        if self.root:
            folder.chmod(0o711)
            shutil.chown(self.data, "postgres")
        self.ctl("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale")
        given = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"]
        options = " ".join(f"-c {setting}" for setting in [*given, *settings])
        try:
            self.ctl("pg_ctl", "start", "-w", "-s", "-l", str(self.data / "log"), "-o", options)
        except BaseException:
            # It may run already when its start is interrupted.
            self.stop(check=False)
            raise
        self.pid = int((self.data / "postmaster.pid").read_text().split()[0])

    def ctl(self, program, *args, check=True):
        command = [str(self.bin / program), "-D", str(self.data), *args]
        # A session of its own: a terminal's Ctrl-C must not end it before those who use it.
        subprocess.run([*(["runuser", "-u", "postgres", "--"] if self.root else []), *command], check=check,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True)

    def sql(self, database, text):
        return run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database,
                   "-v", "ON_ERROR_STOP=1", "-qAtc", text).strip()

    def wal(self):
        return int(self.sql("postgres", "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"))

    def cpu(self):
        children = run("ps", "-o", "pid=", "--ppid", str(self.pid)).split()
        return {pid: cpu_of(pid) for pid in [str(self.pid), *children] if os.path.exists(f"/proc/{pid}")}

    def spent(self):
        """CPU seconds of all its processes, those included that have ended."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(self.cpu().values()) + (int(stat[13]) + int(stat[14])) / TICKS

    def stop(self, check=True):
        self.ctl("pg_ctl", "stop", "-s", "-m", "immediate", check=check)


class Redis:
    """Every write is on the disk before it is answered."""

    def __init__(self, folder, port):
        self.port, data = port, folder / "redis"
        data.mkdir()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), "--save", "",
                   "--appendonly", "yes", "--appendfsync", "always", "--logfile", str(data / "log")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        deadline = time.monotonic() + 20
        try:
            while self.process.poll() is None and time.monotonic() < deadline:
                pong = subprocess.run(self.cli("ping"), capture_output=True, text=True, check=False)
                if pong.stdout.strip() == "PONG":
                    return
                time.sleep(0.05)
            raise RuntimeError("redis-server does not start")
        except BaseException:
            self.stop()
            raise

    def cli(self, *args):
        return ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), *args]

    def ask(self, *args):
        return run(*self.cli(*args)).strip()

    def cpu(self):
        return cpu_of(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
