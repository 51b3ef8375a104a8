//! Pure. Which buckets a try to sign in draws from.

use core::net::IpAddr;

use super::bucket::Buckets;
use super::token::Digest;
use crate::base::TICKS_PER_SECOND;

/// So many wrong or refused passwords from strangers within the time are no forgetfulness: somebody is guessing.
const GUESSES: u32 = 30;
const GUESSES_TIME: i64 = 600 * TICKS_PER_SECOND;
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

/// How many there were since when.
#[derive(Debug, Default)]
struct Guesses {
    since: i64,
    count: u32,
    /// Until then somebody counts as guessing.
    until: Option<i64>,
}

/// Tries of late.
#[derive(Debug)]
pub(super) struct Attempts {
    accounts: Buckets<Digest>,
    addresses: Buckets<IpAddr>,
    devices: Buckets<Digest>,
    guesses: Guesses,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            accounts: Buckets::new(REMEMBERED),
            addresses: Buckets::new(REMEMBERED),
            devices: Buckets::new(REMEMBERED),
            guesses: Guesses::default(),
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

    /// A stranger's password was wrong, or was not looked at.
    pub(super) fn wrong(&mut self, origin: Origin, now: i64) {
        if origin.device.is_some() {
            return;
        }
        let guesses = &mut self.guesses;
        if now - guesses.since >= GUESSES_TIME {
            (guesses.since, guesses.count) = (now, 0);
        }
        guesses.count += 1;
        if guesses.count >= GUESSES {
            guesses.until = Some(now + GUESSES_TIME);
        }
    }

    /// Somebody is guessing passwords.
    pub(super) fn are_guesses(&self, now: i64) -> bool {
        self.guesses.until.is_some_and(|until| now < until)
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
    fn guessing_is_no_forgetfulness() {
        let mut attempts = Attempts::new();
        let stranger = Origin { address: IpAddr::from([10, 0, 0, 1]), device: None };
        let own = Origin { device: Some(Digest([7; 32])), ..stranger };
        let minute = 60 * TICKS_PER_SECOND;
        for n in 0..200 {
            attempts.wrong(own, n);
        }
        // Somebody who has forgotten theirs tries some, and again an hour later.
        for hour in 0..5 {
            for n in 0..12 {
                attempts.wrong(stranger, hour * 60 * minute + n);
            }
        }
        assert!(!attempts.are_guesses(5 * 60 * minute));
        for n in 0..30 {
            attempts.wrong(stranger, 6 * 60 * minute + n);
        }
        assert!(attempts.are_guesses(6 * 60 * minute + 9 * minute));
        assert!(!attempts.are_guesses(6 * 60 * minute + 11 * minute), "it is over");
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
