//! The HTTP room on a real socket, with a real catalogue and a simulated clock.

mod adding;
mod bench;
mod cameras;
mod client;
mod connections;
mod figures;
mod filmed;
mod footage;
mod live;
mod malformed;
mod motion;
mod openapi;
mod pages;
mod playback;
mod secrets;
mod signing_in;
mod walls;
