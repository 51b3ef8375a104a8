//! Pure. Which buckets a try to sign in draws from.

use core::net::IpAddr;

use super::bucket::Buckets;
use super::token::Digest;
use crate::base::TICKS_PER_SECOND;

/// Addresses and devices remembered; beyond, newcomers share one bucket.
const REMEMBERED: usize = 4096;

/// Where a try comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// The client's address; of IPv6 the network.
    pub(super) address: IpAddr,
    /// A device that has signed in before.
    pub(super) device: Option<Digest>,
}

/// Tries of late.
#[derive(Debug)]
pub(super) struct Attempts {
    account: Buckets<()>,
    addresses: Buckets<IpAddr>,
    devices: Buckets<Digest>,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            account: Buckets::new(1),
            addresses: Buckets::new(REMEMBERED),
            devices: Buckets::new(REMEMBERED),
        }
    }

    /// Uses a try of a password up, or says how many seconds to wait. A known device has its own tries: others
    /// cannot use them up.
    pub(super) fn password(&mut self, origin: Origin, now: i64) -> Result<(), u64> {
        if let Some(device) = origin.device {
            allow(self.devices.wait(&device, now))?;
            self.devices.take(device, now);
            return Ok(());
        }
        allow(self.account.wait(&(), now).max(self.addresses.wait(&origin.address, now)))?;
        self.account.take((), now);
        self.addresses.take(origin.address, now);
        Ok(())
    }

    /// The password was right: it does not count.
    pub(super) fn right(&mut self, origin: Origin) {
        match origin.device {
            Some(device) => self.devices.give_back(&device),
            None => {
                self.account.give_back(&());
                self.addresses.give_back(&origin.address);
            }
        }
    }

    /// Uses a try of a code up. A code cannot be guessed; this protects the catalogue from work.
    pub(super) fn code(&mut self, origin: Origin, now: i64) -> Result<(), u64> {
        allow(self.addresses.wait(&origin.address, now))?;
        self.addresses.take(origin.address, now);
        Ok(())
    }

    /// The code was right: it does not count.
    pub(super) fn right_code(&mut self, origin: Origin) {
        self.addresses.give_back(&origin.address);
    }
}

fn allow(wait: i64) -> Result<(), u64> {
    match wait {
        0 => Ok(()),
        ticks => Err((ticks / TICKS_PER_SECOND + 1).unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_on_many_addresses_cannot_lock_a_known_device_out() {
        let mut attempts = Attempts::new();
        let stranger = |n: u8| Origin { address: IpAddr::from([10, 0, 0, n]), device: None };
        let tried = (0..200).filter(|n| attempts.password(stranger(*n), 0).is_ok()).count();
        assert_eq!(tried, 5);
        assert_eq!(attempts.password(stranger(201), 0), Err(13));
        let owner = Origin { address: IpAddr::from([10, 0, 0, 1]), device: Some(Digest([7; 32])) };
        assert_eq!(attempts.password(owner, 0), Ok(()));
    }

    #[test]
    fn right_passwords_do_not_count() {
        let mut attempts = Attempts::new();
        let origin = Origin { address: IpAddr::from([10, 0, 0, 1]), device: None };
        for _ in 0..50 {
            assert_eq!(attempts.password(origin, 0), Ok(()));
            attempts.right(origin);
        }
    }
}
