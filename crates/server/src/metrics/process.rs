//! What every process tells of itself, by the names that Prometheus's own libraries use. What the system does
//! not tell is left out.

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Linux counts in hundredths of a second on every platform that it runs on today.
const TICK_MS: u64 = 10;

#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut put = |name: &str, help: &str, metric: Option<&dyn Encode>| {
            metric.map_or(Ok(()), |metric| metric.put(&mut encoder, name, help))
        };
        let stat = read("stat").unwrap_or_default();
        let status = read("status").unwrap_or_default();
        let gauge = |value: Option<u64>| value.map(ConstGauge::new);
        let seconds = |millis: u64| Duration::from_millis(millis).as_secs_f64();
        let cpu = cpu_ms(&stat).map(|millis| ConstCounter::new(seconds(millis)));
        let start = started_ms(&stat).map(|millis| ConstGauge::new(seconds(millis)));
        let resident = gauge(kib_of(&status, "VmRSS:"));
        let virtual_memory = gauge(kib_of(&status, "VmSize:"));
        let open = std::fs::read_dir("/proc/self/fd").ok();
        let open = gauge(open.and_then(|open| u64::try_from(open.count()).ok()));
        let most = gauge(read("limits").and_then(|limits| files_max(&limits)));
        put("cpu_seconds", "User and system CPU seconds that the process has used", some(&cpu))?;
        put("start_time_seconds", "When the process started, in seconds since 1970", some(&start))?;
        put("resident_memory_bytes", "Bytes of memory that the process has", some(&resident))?;
        put(
            "virtual_memory_bytes",
            "Bytes of addresses that the process has",
            some(&virtual_memory),
        )?;
        put("open_fds", "File descriptors that are open", some(&open))?;
        put("max_fds", "File descriptors that may be open", some(&most))
    }
}

/// A metric, of whatever kind.
trait Encode {
    fn put(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result;
}

impl<M: EncodeMetric> Encode for M {
    fn put(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result {
        let name = format!("process_{name}");
        self.encode(encoder.encode_descriptor(&name, help, None, self.metric_type())?)
    }
}

fn some<M: EncodeMetric>(metric: &Option<M>) -> Option<&dyn Encode> {
    metric.as_ref().map(|metric| metric as &dyn Encode)
}

fn read(name: &str) -> Option<String> {
    std::fs::read_to_string(format!("/proc/self/{name}")).ok()
}

/// The fields of `/proc/self/stat` behind the name, which stands in parentheses and may hold blanks. The first
/// is the third of proc(5).
fn fields(stat: &str) -> Option<impl Iterator<Item = &str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace())
}

fn cpu_ms(stat: &str) -> Option<u64> {
    // utime and stime are 14 and 15.
    let ticks = fields(stat)?.skip(11).take(2).map(|field| field.parse::<u64>().ok());
    Some(ticks.sum::<Option<u64>>()?.saturating_mul(TICK_MS))
}

/// In milliseconds since 1970.
fn started_ms(stat: &str) -> Option<u64> {
    // starttime is 22, in ticks since the machine was started.
    let ticks: u64 = fields(stat)?.nth(19)?.parse().ok()?;
    let machine = std::fs::read_to_string("/proc/stat").ok()?;
    let booted = machine.lines().find_map(|line| line.strip_prefix("btime "))?;
    let booted: u64 = booted.trim().parse().ok()?;
    Some(booted.saturating_mul(1_000).saturating_add(ticks.saturating_mul(TICK_MS)))
}

/// Bytes of a line such as `VmRSS:     5040 kB`.
fn kib_of(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib.saturating_mul(1_024))
}

/// The soft limit of a line such as `Max open files   1024   4096   files`.
fn files_max(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_understood() {
        let stat = format!("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 {} 700 1", "0 ".repeat(6));
        assert_eq!(cpu_ms(&stat), Some(3_000));
        assert!(started_ms(&stat).is_some_and(|at| at > 7_000), "{stat}");
        assert_eq!(cpu_ms("nothing"), None);
        let status = "VmSize:\t    9120 kB\nVmRSS:\t    5040 kB\nThreads:\t7\n";
        assert_eq!(kib_of(status, "VmRSS:"), Some(5_040 * 1_024));
        assert_eq!(kib_of(status, "Threads:"), None, "that is not memory");
        let limits =
            "Max processes  9  9  processes\nMax open files            1024  4096  files\n";
        assert_eq!(files_max(limits), Some(1_024));
    }
}
