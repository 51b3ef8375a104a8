//! Room **http** (floor 4): the API and the web app's files, to whoever may have them.
//!
//! Owns axum, hyper, utoipa and rust-embed. One file per resource holds the shapes of its requests and answers, its
//! handlers and their documentation; [`router`] is the table of all of them.
//!
//! What always holds:
//! - every route is behind the [`guard`]: without a session or token only those in its short list answer;
//! - every other handler names the right that it needs in its signature ([`caller`]), and asks the catalogue with the
//!   cameras that this right holds for: others are not there, they are not forbidden;
//! - a live socket, and every answer that goes on ([`sse`], files), ends within six seconds of the session or token that it was
//!   opened with, or of a change of what that may see;
//! - a request that changes something comes from a page of the same origin, or carries a bearer token;
//! - every failure is an `application/problem+json` with a stable code, made in [`error`];
//! - no answer holds a camera's password, and none of our own troubles' paths;
//! - a client that is slow, silent or numerous costs a bounded amount ([`serve`], [`socket`]);
//! - where there is HTTPS, plain HTTP from another machine gets the way to it and how to trust it, and nothing else ([`front`]).
//!
//! It changes the catalogue and nothing else: what follows from a change, others find in the catalogue's watch. What it
//! needs from other rooms at once it asks through the small traits in [`app`].

mod activity;
mod alert_channels;
mod alert_settings;
mod alerts;
mod app;
mod assets;
mod audit;
mod bookmarks;
mod caller;
mod camera_tests;
mod camera_write;
mod cameras;
mod changes;
mod channel;
mod channel_tests;
mod cookie;
mod days;
mod discovery;
mod duration;
mod error;
mod etag;
mod events;
mod exports;
mod extract;
mod forecast;
mod front;
mod gate;
mod guard;
mod headers;
mod health;
mod invites;
mod jobs;
mod layouts;
mod live;
mod locks;
mod look;
mod machine;
mod marks;
mod mask;
mod me;
mod media;
mod metrics;
mod metrics_motion;
mod motion_searches;
mod openapi;
mod outages;
mod paging;
mod people;
mod push;
mod qr;
mod range;
mod receipts;
mod relay;
mod router;
mod searches;
mod segments;
mod serve;
mod session;
mod sessions;
mod setup;
mod share_page;
mod shares;
mod site;
mod snoozes;
mod socket;
mod sse;
mod still;
mod storage;
mod stream;
mod test_pictures;
mod timeline;
mod tls;
mod trust;
mod trust_words;
mod watched;
mod wire;
mod zalo_link;
mod zones;

pub use app::{
    App, Check, CheckId, FoundCamera, Level, Parts, Probe, ProbeReport, ProbeRequest, Probed, ProbedStream,
    ReplayedEvent, Restart, Still, StillRequest, Stills, VolumeInfo, Volumes, Whereabouts, WorkerInfo,
    Workers, ZoneReplay,
};
pub use health::volume_trouble;
pub use machine::address as own_address;
pub use openapi::json as openapi_json;
pub use serve::{Limits, Server};
