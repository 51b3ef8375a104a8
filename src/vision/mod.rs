//! Room **vision** (floor 2): pictures out of access units, made where foreign bytes can do no harm.
//!
//! Owns FFmpeg (decoding), `image` (JPEG), and the walls around them: Landlock, seccomp, limits.
//!
//! Decoders are large, old, and fed by whoever holds a camera's cable. So they run only in a **worker**: this binary,
//! started again as `vision-worker`, one thread at the other end of a socket pair. Before it reads the first byte it
//! gives up paths, ports, new processes, privileges and most system calls (`worker::confine`), and asks the kernel to
//! end it with the service. Access units go in, small grey pictures and JPEGs come out (`wire`).
//!
//! What always holds:
//! - nobody waits for a worker but who asked for a picture: the recorder neither knows nor needs this room;
//! - a decoder has at most [`Settings::in_flight`] units under way; who sends more is told [`Trouble::Busy`];
//! - answers come in the order of the units, each before the next unit is looked at: when a worker dies, the oldest
//!   unanswered unit is what it died of. A unit that did so twice is never sent again, a stream whose units do so again
//!   and again is left alone for a while, and [`Status`] names both;
//! - after a restart, a loss or a damaged unit no picture is given until the next key frame: FFmpeg would make one up;
//! - a worker that dies is back after 100 ms, later each time up to 5 s if it dies at once; none outlives the service,
//!   none stays as a zombie.
//!
//! [`clip`] is the exception to "FFmpeg only in the worker": a developer's tool reads files of his own with it, in its own
//! process, and still decodes them in the worker.
//!
//! It does not look for motion, keep pictures, or know what a camera is.

mod average;
pub mod clip;
mod decoder;
mod foreign;
mod gauge;
mod keeper;
mod life;
mod photo;
mod picture;
mod pipe;
mod pool;
mod slot;
mod status;
mod strikes;
mod wire;
mod worker;

pub use decoder::{Answer, Decoder};
pub use photo::Photo;
pub use picture::{Grey, Jpeg, Picture, Trouble, Want};
pub use pool::{Settings, Vision};
pub use status::{Left, Status, WorkerState, WorkerStatus};
pub use worker::{WorkerOptions, worker};

use picture::Damage;
