//! Pure. Which buckets a try to sign in draws from.

use core::net::IpAddr;

use super::bucket::Buckets;
use super::token::Digest;
use crate::base::TICKS_PER_SECOND;

/// Accounts, addresses and devices remembered; beyond, newcomers share one bucket.
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
    accounts: Buckets<Digest>,
    addresses: Buckets<IpAddr>,
    devices: Buckets<Digest>,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            accounts: Buckets::new(REMEMBERED),
            addresses: Buckets::new(REMEMBERED),
            devices: Buckets::new(REMEMBERED),
        }
    }

    /// Uses a try of an account's password up, or says how many seconds to wait. A known device has its own tries: others
    /// cannot use them up.
    pub(super) fn password(&mut self, account: Digest, origin: Origin, now: i64) -> Result<(), u64> {
        if let Some(device) = origin.device {
            allow(self.devices.wait(&device, now))?;
            self.devices.take(device, now);
            return Ok(());
        }
        allow(self.accounts.wait(&account, now).max(self.addresses.wait(&origin.address, now)))?;
        self.accounts.take(account, now);
        self.addresses.take(origin.address, now);
        Ok(())
    }

    /// The password was right: it does not count.
    pub(super) fn right(&mut self, account: Digest, origin: Origin) {
        match origin.device {
            Some(device) => self.devices.give_back(&device),
            None => {
                self.accounts.give_back(&account);
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
        let (mine, other) = (Digest([1; 32]), Digest([2; 32]));
        let tried = (0..200).filter(|n| attempts.password(mine, stranger(*n), 0).is_ok()).count();
        assert_eq!(tried, 5);
        assert_eq!(attempts.password(mine, stranger(201), 0), Err(13));
        let owner = Origin { address: IpAddr::from([10, 0, 0, 1]), device: Some(Digest([7; 32])) };
        assert_eq!(attempts.password(mine, owner, 0), Ok(()));
        assert_eq!(attempts.password(other, stranger(201), 0), Ok(()), "others have tries of their own");
    }

    #[test]
    fn right_passwords_do_not_count() {
        let mut attempts = Attempts::new();
        let origin = Origin { address: IpAddr::from([10, 0, 0, 1]), device: None };
        for _ in 0..50 {
            assert_eq!(attempts.password(Digest([1; 32]), origin, 0), Ok(()));
            attempts.right(Digest([1; 32]), origin);
        }
    }
}
