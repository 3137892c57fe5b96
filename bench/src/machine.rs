//! The machine: what it is, one core for a measurement, and what a process took of its memory.

use std::fs;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What a reader of the table must know about the machine.
pub(crate) fn notes() -> Vec<String> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    vec![
        format!(
            "Machine: {processors} cores, {model}, Linux {}; load average at the beginning: {load}.",
            kernel.trim()
        ),
        "Clients, server and database share the cores.".to_owned(),
    ]
}

/// Runs work on one core, so that it does not wander between them.
pub(crate) fn on_one_core<T>(work: impl FnOnce() -> T) -> T {
    let before = sched_getaffinity(None).ok();
    let mut one = CpuSet::new();
    let last = before.as_ref().and_then(|all| (0..CpuSet::MAX_CPU).rev().find(|core| all.is_set(*core)));
    one.set(last.unwrap_or(0));
    // Where pinning is not allowed, the measurement is only noisier.
    let _ = sched_setaffinity(None, &one);
    let result = work();
    if let Some(before) = before {
        let _ = sched_setaffinity(None, &before);
    }
    result
}

/// Memory of a running process, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: u64,
    /// The most that it ever was.
    pub(crate) peak: u64,
}

/// The memory of a process; `None` when it is gone.
pub(crate) fn memory_of(process: u32) -> Option<Memory> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    Some(Memory { resident: kilobytes("VmRSS")? * 1024, peak: kilobytes("VmHWM")? * 1024 })
}

/// Processor time that a process has had.
pub(crate) fn processor_time_of(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold spaces; after its parenthesis the fields begin with the third.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.get(11..13).unwrap_or_default().iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second())
}

/// Processor time that this thread has had.
pub(crate) fn processor_time() -> Duration {
    Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)).unwrap_or_default()
}
