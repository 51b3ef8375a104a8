//! What a running worker costs, as the kernel tells it.

use std::time::Duration;

/// CPU time and memory of a process.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gauge {
    pub(super) cpu: Duration,
    /// Bytes.
    pub(super) memory: u64,
}

/// `None` when there is no such process any more.
pub(super) fn measure(pid: u32) -> Option<Gauge> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let tick = rustix::param::clock_ticks_per_second().max(1);
    parse(&stat, tick, rustix::param::page_size() as u64)
}

/// proc_pid_stat(5): fields 14 and 15 are user and system time in clock ticks, field 24 is memory in pages.
fn parse(stat: &str, tick: u64, page: u64) -> Option<Gauge> {
    // The name, field 2, stands in brackets and may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let field = |n: usize| fields.get(n - 3)?.parse::<u64>().ok();
    let ticks = field(14)? + field(15)?;
    Some(Gauge { cpu: Duration::from_millis(ticks * 1000 / tick), memory: field(24)? * page })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "77 (a) b (c) S 1 77 77 0 -1 4194560 2000 0 0 0 150 25 0 0 20 0 1 0 100 9999 300 rest";
        let gauge = parse(stat, 100, 4096).unwrap();
        assert_eq!((gauge.cpu, gauge.memory), (Duration::from_millis(1750), 300 * 4096));
        assert!(parse("77 (short) S 1", 100, 4096).is_none());
    }

    #[test]
    fn this_process_can_be_measured() {
        assert!(measure(std::process::id()).unwrap().memory > 0);
        assert!(measure(u32::MAX).is_none());
    }
}
