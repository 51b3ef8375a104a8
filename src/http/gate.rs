//! Pure. How many connections there may be, in all and from one address.

use core::net::IpAddr;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections and refuses those beyond the caps.
#[derive(Debug)]
pub(super) struct Gate {
    total: usize,
    per_address: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection that was let in; leaving is dropping it.
#[derive(Debug)]
pub(super) struct Ticket {
    gate: Arc<Gate>,
    address: IpAddr,
}

impl Gate {
    pub(super) fn new(total: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self { total, per_address, open: Mutex::default() })
    }

    /// Lets a connection in, or not.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Ticket> {
        let address = household(address);
        let mut open = self.open();
        let here = open.by_address.get(&address).copied().unwrap_or(0);
        if open.total >= self.total || here >= self.per_address {
            return None;
        }
        open.total += 1;
        open.by_address.insert(address, here + 1);
        Some(Ticket { gate: Arc::clone(self), address })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.gate.open();
        open.total -= 1;
        if let Some(here) = open.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

/// What stands for one household: the IPv4 address, or the /64 that an IPv6 host may pick addresses from at will
/// (RFC 4291 section 2.5.1).
pub(super) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_caps_hold_and_leaving_makes_room() {
        let gate = Gate::new(3, 2);
        let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = gate.enter(a).expect("room");
        let _second = gate.enter(a).expect("room");
        assert!(gate.enter(a).is_none(), "two per address");
        let _third = gate.enter(b).expect("room");
        assert!(gate.enter(b).is_none(), "three in all");
        drop(first);
        assert!(gate.enter(b).is_some());
        assert_eq!(gate.open().by_address.len(), 2);
    }

    #[test]
    fn an_ipv6_network_is_one_household() {
        let parse = |text: &str| text.parse::<IpAddr>().expect("address");
        assert_eq!(household(parse("2001:db8::1")), household(parse("2001:db8::ffff:1")));
        assert_ne!(household(parse("2001:db8::1")), household(parse("2001:db8:0:1::1")));
        assert_eq!(household(parse("::ffff:10.0.0.1")), parse("10.0.0.1"));
    }
}
