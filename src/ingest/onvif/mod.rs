//! ONVIF, as much of it as adding a camera needs: who is there (WS-Discovery), and which streams it has.
//!
//! Everything that arrives is a stranger's: answers are bounded in length, nodes and time, texts are cut short before
//! anybody sees them, and a camera's answer never decides *where* something is sent. Addresses in answers lose their
//! host to the one that was asked: a camera behind a router names addresses that lead nowhere, a hostile one would
//! name somebody else's.
//!
//! Only plain HTTP: ONVIF over TLS has certificates nobody signed, which protects nothing. The password goes as a
//! digest, in the message (WS-UsernameToken) and, where the camera wants that, in the header (RFC 7616).

mod device;
mod discovery;
mod message;
mod soap;

pub(super) use device::{Device, describe};
pub use discovery::{Found, MULTICAST, discover};
pub(super) use soap::Fault;
