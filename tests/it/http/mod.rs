//! The HTTP room on a real socket, with a real catalogue and a simulated clock.

mod adding;
mod bench;
mod cameras;
mod client;
mod connections;
mod exports;
mod figures;
mod filmed;
mod footage;
mod layouts;
mod live;
mod locks;
mod malformed;
mod marks;
mod motion;
mod openapi;
mod outlook;
mod pages;
mod playback;
mod secrets;
mod shares;
mod signing_in;
mod stream;
mod walls;
