//! Alerts from what happens to what a channel gets, with a real catalogue, a simulated clock and channels that do as they are
//! told.

mod broker;
mod crash;
mod cut;
mod decided;
mod fallback;
mod letters;
mod lost;
mod night;
mod people;
mod proven;
mod push;
mod stand;
mod yard;
