//! The worker: a process that decodes what cameras send, and can do nothing else.
//!
//! One thread, which reads orders from standard input, and answers each unit on standard output before it looks at the
//! next: so the service knows, whatever happens, which unit it died of.

mod confine;
mod decode;
mod jpeg;
mod probe;

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use rustix::time::{ClockId, clock_gettime};

use super::wire::{self, MOST_TO_WORKER, Order, Outcome, Word};
use super::{Damage, foreign};
use crate::base::{Error, Kind, Result};
use decode::Decoder;

/// What the service tells its worker on the command line.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// Process id of the service: without it there is nothing to do.
    pub parent: u32,
    /// Most memory it may map, in bytes.
    pub memory: u64,
    /// Tests: dies at a unit that contains this.
    pub die_at: Option<String>,
    /// Tests: is caught in a loop by a unit that contains this.
    pub spin_at: Option<String>,
    /// Tests: instead of working, tries to break out and prints what came of it. A folder with a file `secret` and a
    /// socket `socket`, and an address that somebody listens on.
    pub probe: Option<(PathBuf, std::net::SocketAddr)>,
}

/// Bytes read at once: what several streams send in the meantime.
const READ: usize = 256 << 10;

/// Confines this process and decodes until standard input ends.
///
/// # Errors
/// When it cannot be confined, or hears what is no order.
pub fn worker(options: &WorkerOptions) -> Result<()> {
    std::panic::set_hook(Box::new(|panic| {
        let _ = say(&Word::Note { text: panic.to_string() });
    }));
    let served = prepare(options).and_then(|confinement| match confinement {
        Some(confinement) => serve(options, confinement),
        None => Ok(()),
    });
    if let Err(error) = &served {
        // Standard error leads nowhere.
        let _ = say(&Word::Note { text: error.message().to_owned() });
    }
    served
}

/// `None` after a probe.
fn prepare(options: &WorkerOptions) -> Result<Option<String>> {
    confine::leave(options.parent)?;
    foreign::prepare_decoders().map_err(|why| Error::new(Kind::Unavailable, why))?;
    let confinement = confine::no_files()?;
    let mut tried = Vec::new();
    if let Some((folder, address)) = &options.probe {
        tried.extend(probe::files(folder, *address));
    }
    confine::no_resources(options.memory)?;
    confine::few_calls()?;
    if let Some((folder, address)) = &options.probe {
        tried.extend(probe::all(folder, *address, options.parent));
        let text = probe::report(&confinement, &tried);
        write_all(text.as_bytes()).map_err(|e| Error::io("cannot report", e))?;
        return Ok(None);
    }
    Ok(Some(confinement))
}

fn serve(options: &WorkerOptions, confinement: String) -> Result<()> {
    let lost = |e| Error::io("the service cannot be reached", e);
    say(&Word::Ready { confinement }).map_err(lost)?;
    let mut input = BufReader::with_capacity(READ, Input);
    let mut worker = Worker { decoders: HashMap::new(), refused: HashMap::new(), cpu_us: cpu_us() };
    let mut frame = Vec::new();
    while next_frame(&mut input, &mut frame).map_err(lost)? {
        let order = wire::order(&frame).map_err(|e| Error::new(Kind::Corrupt, e.to_string()))?;
        if let Order::Unit(_, data) = order {
            if holds(data, options.die_at.as_ref()) {
                std::process::abort();
            }
            while holds(data, options.spin_at.as_ref()) {}
        }
        if let Some(word) = worker.obey(order) {
            say(&word).map_err(lost)?;
        }
    }
    Ok(())
}

struct Worker {
    decoders: HashMap<u32, Decoder>,
    /// Channels whose decoder could not be opened, and why.
    refused: HashMap<u32, String>,
    /// CPU time of this process at the last answer.
    cpu_us: u64,
}

impl Worker {
    fn obey(&mut self, order: Order<'_>) -> Option<Word> {
        let (ticket, outcome) = match order {
            Order::Open { channel, codec, configuration } => {
                // First away with the old one: both together may be more than the memory.
                self.close(channel);
                match Decoder::open(codec, configuration) {
                    Ok(decoder) => drop(self.decoders.insert(channel, decoder)),
                    Err(why) => drop(self.refused.insert(channel, why)),
                }
                return None;
            }
            Order::Close { channel } => {
                self.close(channel);
                return None;
            }
            Order::Unit(unit, data) => {
                (unit.ticket, self.with(unit.channel, |decoder| decoder.unit(unit, data)))
            }
            Order::Drain { channel, ticket } => (ticket, self.with(channel, Decoder::drain)),
        };
        let before = std::mem::replace(&mut self.cpu_us, cpu_us());
        let spent = u32::try_from(self.cpu_us - before).unwrap_or(u32::MAX);
        Some(Word::Answer { ticket, cpu_us: spent, outcome })
    }

    fn with(&mut self, channel: u32, work: impl FnOnce(&mut Decoder) -> Outcome) -> Outcome {
        match (self.decoders.get_mut(&channel), self.refused.get(&channel)) {
            (Some(decoder), _) => work(decoder),
            (None, Some(why)) => Outcome::Damage(Damage::Unsupported(why.clone())),
            (None, None) => Outcome::Damage(Damage::NeedsKey),
        }
    }

    fn close(&mut self, channel: u32) {
        self.decoders.remove(&channel);
        self.refused.remove(&channel);
    }
}

fn holds(data: &[u8], marker: Option<&String>) -> bool {
    marker.is_some_and(|marker| data.windows(marker.len()).any(|w| w == marker.as_bytes()))
}

/// False at the end of the input.
fn next_frame(input: &mut impl Read, frame: &mut Vec<u8>) -> io::Result<bool> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        other => other?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MOST_TO_WORKER {
        return Err(io::Error::other("an order longer than allowed"));
    }
    frame.resize(length, 0);
    input.read_exact(frame)?;
    Ok(true)
}

/// Microseconds of CPU that this process has used.
fn cpu_us() -> u64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec.unsigned_abs() * 1_000_000 + spent.tv_nsec.unsigned_abs() / 1000
}

fn say(word: &Word) -> io::Result<()> {
    write_all(&wire::word_frame(word))
}

fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Standard input without the lock and the small buffer of std's.
struct Input;

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), into)?)
    }
}
