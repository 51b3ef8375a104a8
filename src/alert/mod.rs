//! Room **alert** (floor 3): who is told of what, when, how often, and by which way.
//!
//! An event goes through five questions, each pure and in a file of its own: is it armed at all ([`Schedule`]), is it worth a
//! word ([`Rule`]), does it belong to what has been told ([`Incidents`]), what does it count for ([`Weight`], with [`Habit`] for
//! what is unusual), and is there room for it tonight ([`Budget`])? Cameras that are lost go another way (`outage`): what goes
//! dark together is told once.
//!
//! [`Dispatch`] reads the catalogue's changes, asks these questions, and writes alerts and deliveries together with how far it
//! has read. [`Deliver`] takes what is due, place by place, gives it to a [`Channel`] and writes what came of it. Each is a task
//! of its own; recording knows of neither. When for five minutes no channel works (`fallback`), the house itself says so: its pages, and
//! [`Relay`], such as a siren. [`Presence`] keeps the connection to the site's MQTT broker, which is told what cameras do.
//!
//! What always holds:
//! - a change is decided on once, whenever the recorder dies: decision and position are one transaction;
//! - what was decided arrives at least once, and is seen once: a message keeps its name when it is sent again, and a phone
//!   replaces what has the same tag; at a place all comes in order;
//! - a place that fails or hangs waits alone, longer each time; after an hour it gets one digest, the most important first;
//! - what comes late is asked about again: nothing of before rings in somebody's hours of quiet;
//! - a night brings no more alerts of motion than its budget; what counts for more is never refused where less would go out,
//!   and the rest is in the morning's digest: nothing is dropped;
//! - neighbouring cameras within two minutes are one matter; a camera is left alone for its cooldown after a word about it;
//! - nobody is told of, or reads the name of, a camera that they do not see: looked at when it is decided and when it is sent;
//! - the clock, the zone, the network and the past are parameters: a restart decides as the run before would have;
//! - the recorder connects to push services, and to what the configuration names, and to nothing else: addresses that browsers
//!   and people give are looked at when they come and again when their name has been resolved; redirects are not followed.
//!
//! It owns outbound clients, TLS to others, and ring. It does not know roles (who may hear at all is a function that app gives), reads no
//! pictures, and never asks the recorder to wait.

mod address;
mod budget;
mod channel;
mod deliver;
mod dispatch;
mod failures;
mod fallback;
mod habit;
mod incident;
mod judge;
mod mail;
mod message;
mod mqtt;
mod net;
mod outage;
mod push;
mod quiet;
mod relay;
mod rule;
mod schedule;
mod service;
mod settings;
mod site;
mod tally;
mod token;
mod webhook;
mod words;
mod world;
mod zalo;
mod zalo_link;

pub use address::LocalHosts;
pub use budget::{Budget, Room, STRONG, Weight};
pub use channel::{Channel, Fault, Hears, Outcome, Step};
pub use deliver::Deliver;
pub use dispatch::{Dispatch, Signs};
pub use habit::{Habit, hour_of_week};
pub use incident::{Belongs, Incident, Incidents};
pub use judge::Sign;
pub use mail::{MailSecurity, MailServer};
pub use message::Message;
pub use mqtt::{CameraDoes, MqttBroker, Presence, Sights};
pub use net::{ExtraRoots, Internet, Network, Post, Reply};
pub use relay::{Relay, RelayPlan, RelaySet};
pub use rule::{Happening, Rule, Says, Why};
pub use schedule::{Day, Hand, Schedule, Standing, Week};
pub use service::{Alerts, Outside};
pub use settings::{
    AlertRules, HandBefore, HandPlan, NotificationPrefs, QuietHours, SchedulePlan, SpecialDay, Subject,
};
pub use site::SiteChannel;
pub use token::Signer;
pub use words::Words;
pub use zalo_link::ZaloLink;
