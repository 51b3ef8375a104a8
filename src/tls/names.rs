//! What this machine is called and where it is: the names that a certificate of its own is for.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::base::Host;

/// Names in order, each once.
pub type Hosts = BTreeSet<Host>;

/// Loopback, host name, and the addresses that other machines in the network reach this one by.
pub fn of_this_machine() -> Hosts {
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    collect(&hostname, interfaces.into_iter().map(|interface| interface.ip()))
}

fn collect(hostname: &str, addresses: impl Iterator<Item = IpAddr>) -> Hosts {
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let mut names: Hosts = loopback.into_iter().map(Host::Ip).collect();
    names.insert(Host::Dns("localhost".to_owned()));
    if let Ok(Host::Dns(host)) = hostname.parse() {
        if !host.contains('.') {
            // As multicast DNS and most home routers call it.
            names.extend(["local", "lan"].map(|end| Host::Dns(format!("{host}.{end}"))));
        }
        names.insert(Host::Dns(host));
    }
    names.extend(addresses.filter(is_reached).map(Host::Ip));
    names
}

/// Others may open this address in a browser and it stays for a while: IPv6 only where it is the site's own (RFC 4193),
/// as public ones change every day (RFC 8981) and link-local ones cannot stand in a browser's address.
fn is_reached(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_found_by_what_phones_can_open() {
        let addresses = ["127.0.0.1", "192.168.1.10", "fe80::1", "fd12::7", "2001:db8::5"];
        let names = collect("May-Ghi\n", addresses.iter().map(|a| a.parse().expect("an address")));
        let names: Vec<String> = names.iter().map(Host::to_string).collect();
        assert_eq!(
            names,
            [
                "localhost",
                "may-ghi",
                "may-ghi.lan",
                "may-ghi.local",
                "127.0.0.1",
                "192.168.1.10",
                "::1",
                "fd12::7"
            ]
        );
        assert_eq!(collect("a_b", std::iter::empty()).len(), 3, "no name that a certificate could have");
        assert!(of_this_machine().len() >= 3);
    }
}
