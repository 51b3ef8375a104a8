//! Room **tls** (floor 3): certificates, where they come from, and how a connection is made secret.
//!
//! Owns rustls, rcgen, instant-acme and what reads X.509. Phones allow push and installing only on addresses that they
//! trust; this room gets such an address and keeps it: by an authority of the recorder's own, by files that somebody
//! else looks after, or by a public authority (ACME).
//!
//! What always holds:
//! - recording never depends on it: what cannot be had is a trouble with words, and there is always a certificate of
//!   the own authority to show instead;
//! - keys are in memory and in files for their owner alone, in no log and no answer;
//! - the own authority can sign for nothing but private addresses, names of a house, and what this recorder was told
//!   that it is called ([`authority`]); its certificate and key change together or not at all;
//! - a certificate is exchanged while connections are open; they go on with the one that they began with;
//! - a certificate is renewed when a third of its life is left, and sooner when the machine has a new name or address.
//!
//! It listens on nothing and writes no HTTP: [`Tls::accept`] takes a connection that somebody else has accepted, and
//! [`Tls::challenge`] is what somebody else answers to an authority.

mod acme;
mod authority;
mod hook;
mod keeper;
mod names;
mod own;
mod profile;
mod read;
mod shown;
mod standing;

pub use keeper::Tls;
pub use names::{Hosts, of_this_machine};
pub use read::Facts;
pub use standing::{AuthorityFacts, Standing, Trouble};
pub use tokio_rustls::server::TlsStream;
