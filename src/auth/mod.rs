//! Room **auth** (floor 3): who may come in.
//!
//! Owns password hashing and the making and hashing of tokens. What it must remember lies in the catalogue, as hashes:
//! a copy of that file opens nothing.
//!
//! The account `admin` is always there. It has no password from the factory: whoever can read the machine's screen signs
//! in with a one-time code ([`Auth::one_time_code`]) and sets one. The same way leads back in when it is lost. Others come
//! by an invite ([`Auth::invite`]) of somebody above them, and choose their own password. What people may do follows from
//! their role ([`Role`], a table), on which cameras from their reach; both are looked up for each request and give, right
//! by right, the [`Scope`](crate::catalogue::Scope) without which the catalogue answers nothing ([`Identity::require`]).
//!
//! What always holds:
//! - a session exists only after a right password or an unused code; its 256-bit token leaves the machine once;
//! - a session ends 12 hours after its last use and 30 days after its beginning, when it is signed out, when the password
//!   changes, and when its person is disabled; all of it is looked up for each request, so it holds at once;
//! - nobody gives what they do not have: neither a role like their own nor a camera that they do not see;
//! - the account `admin` stays enabled, whole and an administrator's: there is always a way in from the machine;
//! - an answer to a wrong password takes the same work whether or not there is such a person, and a password;
//! - at most ten passwords a minute are tried for an account from outside, and a known device has tries of
//!   its own, so that a stranger cannot lock the owner out;
//! - at most two passwords are hashed at a time: recording keeps its processor;
//! - a shared link is 256 bits, stored as a hash; its PIN is tried five times a minute at most, from wherever.
//!
//! It does not know cookies, headers or routes.

mod attempts;
mod bucket;
mod device;
mod identity;
mod password;
mod people;
mod rights;
mod session;
mod share;
#[cfg(test)]
mod tests;
mod token;

pub use identity::Identity;
pub use people::{NewGuest, PersonChange};
pub use rights::{Right, Rights, Role};
pub use session::{Auth, Client, Denied, SignedIn, Validity};
pub use share::share_hash;
