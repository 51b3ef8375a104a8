//! Black-box tests of the rooms, in one program: linking is slow, tests are not.

#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod clock;
mod detect;
mod finding;
mod http;
mod ingest;
mod recovery;
mod retention;
mod vision;
