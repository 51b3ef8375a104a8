//! Room **alert** (floor 3): who is told of what, when, and how often.
//!
//! The rules are pure and stand here first; what carries an alert to a phone comes to them. An event goes through five
//! questions, each in a file of its own: is it armed at all ([`Schedule`]), is it worth a word ([`Rule`]), does it belong to
//! what has been told ([`Incidents`]), what does it count for ([`Weight`], with [`Habit`] for what is unusual), and is there
//! room for it tonight ([`Budget`])?
//!
//! What always holds:
//! - a night brings no more alerts than its budget, and what counts for more is never refused where less would go out;
//! - neighbouring cameras within two minutes are one matter; a camera is left alone for its cooldown after a word about it;
//! - the clock, the zone and the past are parameters: a restart decides as the run before would have.

mod budget;
mod habit;
mod incident;
mod rule;
mod schedule;

pub use budget::{Budget, Room, STRONG, Weight};
pub use habit::{Habit, hour_of_week};
pub use incident::{Belongs, Incident, Incidents};
pub use rule::{Happening, Rule, Says, Why};
pub use schedule::{Day, Hand, Schedule, Standing, Week};
