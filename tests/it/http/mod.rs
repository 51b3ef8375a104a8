//! The HTTP room on a real socket, with a real catalogue and a simulated clock.

mod bench;
mod cameras;
mod client;
mod connections;
mod footage;
mod malformed;
mod openapi;
mod pages;
mod secrets;
mod signing_in;
mod walls;
