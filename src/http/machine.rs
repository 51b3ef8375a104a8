//! The machine that the recorder runs on: how busy it is, its memory, its address. For people, beside the checks: a load
//! that is high for a while is no fault, and whether it is too high shows in what is lost.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use serde::Serialize;
use utoipa::ToSchema;

/// What the machine has and how much of it is taken.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Machine {
    /// Tasks that ran or waited to run, on average over the last minute; as many as CPUs: busy (proc_loadavg(5)).
    load: f64,
    /// CPUs that the recorder may use.
    cpus: usize,
    /// Bytes of memory.
    memory_bytes: u64,
    /// Bytes of memory that programs can still get (`MemAvailable`, proc_meminfo(5)).
    memory_free_bytes: u64,
    /// Its address in the local network; null when it is in none.
    #[schema(required = true, value_type = Option<String>)]
    address: Option<IpAddr>,
}

/// An address for documentation (RFC 5737): nobody has it, and the way there is the way out of the local network.
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// The address that packets to the outside would carry. Connecting a UDP socket only looks up the route: nothing is sent.
pub fn address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ELSEWHERE).ok()?;
    socket.local_addr().ok().map(|local| local.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

/// Average of the last minute.
fn load(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

/// Bytes of a line like `MemTotal:  16318480 kB`.
fn bytes(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

fn machine(loadavg: &str, meminfo: &str, cpus: usize, address: Option<IpAddr>) -> Option<Machine> {
    Some(Machine {
        load: load(loadavg)?,
        cpus,
        memory_bytes: bytes(meminfo, "MemTotal")?,
        memory_free_bytes: bytes(meminfo, "MemAvailable")?,
        address,
    })
}

/// How the machine does now; `None` elsewhere than on Linux.
pub(super) fn now() -> Option<Machine> {
    let loadavg = std::fs::read_to_string("/proc/loadavg").ok()?;
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    machine(&loadavg, &meminfo, std::thread::available_parallelism().map_or(1, usize::from), address())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_as_the_kernel_tells_it() {
        let meminfo = "MemTotal:       16318480 kB\nMemFree:          101 kB\nMemAvailable:    8000000 kB\n";
        let ip = IpAddr::from([192, 168, 1, 10]);
        let told = machine("0.52 1.03 0.99 2/613 41234\n", meminfo, 4, Some(ip)).unwrap();
        assert_eq!((told.load, told.cpus), (0.52, 4));
        assert_eq!(told.memory_bytes, 16_318_480 * 1024);
        assert_eq!(told.memory_free_bytes, 8_000_000 * 1024);
        assert_eq!(serde_json::to_value(&told).unwrap()["address"], "192.168.1.10");
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        assert_eq!(machine("", "MemTotal: 1 kB\nMemAvailable: 1 kB", 1, None), None);
        assert_eq!(machine("0.5 0.5 0.5", "MemTotal: 1 kB\n", 1, None), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_memory_left() {
        let told = now().unwrap();
        assert!(told.memory_free_bytes > 0 && told.memory_free_bytes <= told.memory_bytes, "{told:?}");
    }
}
