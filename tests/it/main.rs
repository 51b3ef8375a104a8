//! Black-box tests of the rooms, in one binary.

#[path = "../support/mod.rs"]
mod support;

mod ingest;
