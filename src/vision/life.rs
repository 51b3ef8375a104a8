//! One life of a worker: units to it, answers from it, until either side ends.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::MissedTickBehavior;

use super::decoder::{Job, Reply};
use super::gauge::{self, Gauge};
use super::keeper::Process;
use super::pipe::Pipe;
use super::pool::Settings;
use super::slot::{Book, Slot};
use super::wire::{self, Malformed, Order, Outcome, UnitOrder, Word};
use super::{Grey, Jpeg, Picture, Trouble, Want};
use crate::base::{Stop, StreamKey};
use crate::media::{AccessUnit, ParametersHash};

/// Bytes that wait for the socket before more units are taken from the queue.
const MOST_UNSENT: u64 = 4 << 20;
/// Notes of a worker that reach the log; it has one to say, of what it dies.
const MOST_NOTES: u32 = 4;
/// The largest unit that a frame takes, its head included.
const MOST_UNIT: usize = wire::MOST_TO_WORKER - 64;
/// How often the worker is measured and its state told.
const LOOK: Duration = Duration::from_secs(1);
/// A worker that is not ready after this, is stuck.
const START: Duration = Duration::from_secs(60);
/// A worker that was asked to end is killed after this.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It was asked to.
    Stopped,
    /// It died.
    Died,
    /// It said what it must not say.
    Malformed(&'static str),
    /// It took too long for a unit.
    Hung,
}

/// How a life ended.
pub(super) struct End {
    pub(super) reason: Reason,
    /// For people.
    pub(super) how: String,
    /// The unit that is to blame.
    pub(super) died_of: Option<(StreamKey, Bytes)>,
}

pub(super) struct Life {
    process: Process,
    pipe: Pipe,
    /// Units without an answer, oldest first.
    in_flight: VecDeque<InFlight>,
    /// Decoders that are open there.
    open: HashMap<u32, ParametersHash>,
    next_ticket: u64,
    ready: bool,
    notes: u32,
    watch: Watch,
    unit_cpu: Duration,
    unit_time: Duration,
}

struct InFlight {
    ticket: u64,
    stream: StreamKey,
    /// Empty for what is no unit.
    data: Bytes,
    /// Of all bytes queued, those before the end of this.
    queued: u64,
    reply: Reply,
}

/// Since when the oldest unit has been the oldest, and what the worker had used by then.
struct Watch {
    ticket: Option<u64>,
    since: Instant,
    cpu: Duration,
    last: Gauge,
    looked: Instant,
    /// Counts at that time.
    busy: u64,
    units: u64,
}

impl Life {
    pub(super) fn begin(
        process: Process,
        socket: std::os::unix::net::UnixStream,
        settings: &Settings,
    ) -> io::Result<Self> {
        let now = Instant::now();
        let watch = Watch {
            ticket: None,
            since: now,
            cpu: Duration::ZERO,
            last: Gauge::default(),
            looked: now,
            busy: 0,
            units: 0,
        };
        Ok(Self {
            process,
            pipe: Pipe::new(socket)?,
            in_flight: VecDeque::new(),
            open: HashMap::new(),
            next_ticket: 1,
            ready: false,
            notes: 0,
            watch,
            unit_cpu: settings.unit_cpu,
            unit_time: settings.unit_time,
        })
    }

    /// Serves until either side ends, then buries the worker.
    pub(super) async fn run(mut self, slot: &mut Slot, book: &mut Book, stop: &Stop) -> End {
        let reason = self.serve(slot, book, stop).await;
        match reason {
            // It reads the end of its input, finishes what it has, and ends.
            Reason::Stopped => self.pipe.finish().await,
            Reason::Died => {}
            Reason::Malformed(_) | Reason::Hung => self.process.kill(),
        }
        let (status, refused) = match tokio::time::timeout(FAREWELL, &mut self.process.ended).await {
            Ok(status) => (status, false),
            Err(_) => {
                self.process.kill();
                ((&mut self.process.ended).await, true)
            }
        };
        // What it said last tells which units it had done.
        let _ = self.read(book);
        let (how, fault) = judge(reason, status.ok().and_then(Result::ok), refused);
        let sent = self.pipe.sent();
        let oldest = self.in_flight.pop_front().filter(|oldest| oldest.queued <= sent && fault);
        let died_of = oldest.filter(|unit| !unit.data.is_empty()).map(|unit| (unit.stream, unit.data));
        End { reason, how, died_of }
    }

    async fn serve(&mut self, slot: &mut Slot, book: &mut Book, stop: &Stop) -> Reason {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut told_ready = false;
        loop {
            if self.ready && !told_ready {
                told_ready = true;
                slot.tell(book, None);
            }
            let takes_more = self.ready && self.pipe.unsent_bytes() < MOST_UNSENT;
            let done = tokio::select! {
                moves = self.pipe.moves() => match moves {
                    Ok(()) => self.read(book).and_then(|()| self.pipe.send().or(Err(Reason::Died))),
                    Err(_) => Err(Reason::Died),
                },
                job = slot.jobs.recv(), if takes_more => match job {
                    Some(job) => {
                        self.take(job, book);
                        while self.pipe.unsent_bytes() < MOST_UNSENT && let Ok(job) = slot.jobs.try_recv() {
                            self.take(job, book);
                        }
                        self.pipe.send().or(Err(Reason::Died))
                    }
                    // Nobody is left who could ask for anything.
                    None => Err(Reason::Stopped),
                },
                _ = look.tick() => {
                    let looked = self.look(book);
                    slot.tell(book, None);
                    looked
                }
                () = stop.wait() => Err(Reason::Stopped),
            };
            if let Err(reason) = done {
                return reason;
            }
        }
    }

    /// Queues what a decoder asks for.
    fn take(&mut self, job: Job, book: &mut Book) {
        match job {
            Job::Unit { channel, stream, unit, want, reply } => {
                match self.admit(channel, stream, &unit, book) {
                    Ok(()) => self.send_unit(channel, stream, &unit, want, reply),
                    Err(trouble) => {
                        book.told.skipped += u64::from(trouble == Trouble::Skipped);
                        // What refers to the missing unit must not be decoded.
                        self.close(channel);
                        reply.send(Err(trouble));
                    }
                }
            }
            Job::Drain { channel, stream, reply } => {
                if self.open.contains_key(&channel) {
                    let ticket = self.ticket();
                    self.pipe.queue(wire::order_head(&Order::Drain { channel, ticket }).into());
                    self.in_flight.push_back(InFlight {
                        ticket,
                        stream,
                        data: Bytes::new(),
                        queued: self.pipe.queued(),
                        reply,
                    });
                } else {
                    reply.send(Ok(None));
                }
            }
            Job::Close { channel } => self.close(channel),
        }
    }

    /// Whether a unit may go to the worker; opens its decoder when it has none or one for other parameters.
    fn admit(
        &mut self,
        channel: u32,
        stream: StreamKey,
        unit: &AccessUnit,
        book: &Book,
    ) -> Result<(), Trouble> {
        if book.strikes.forbid(stream, &unit.data, Instant::now()) {
            return Err(Trouble::Skipped);
        }
        if unit.data.len() > MOST_UNIT {
            return Err(Trouble::Unsupported(format!("a picture of more than {} MB", MOST_UNIT >> 20)));
        }
        let hash = unit.parameters.hash;
        if self.open.get(&channel) == Some(&hash) {
            return Ok(());
        }
        if !unit.random_access {
            return Err(Trouble::NeedsKey);
        }
        let video = &unit.parameters.video;
        let configuration = video.configuration().filter(|c| c.len() < MOST_UNIT);
        let configuration = configuration
            .ok_or_else(|| Trouble::Unsupported("the camera gave no decoder parameters".to_owned()))?;
        let open = Order::Open { channel, codec: video.codec, configuration: &configuration };
        self.pipe.queue(wire::order_head(&open).into());
        self.open.insert(channel, hash);
        Ok(())
    }

    fn send_unit(
        &mut self,
        channel: u32,
        stream: StreamKey,
        unit: &Arc<AccessUnit>,
        want: Want,
        reply: Reply,
    ) {
        let ticket = self.ticket();
        let (at, random_access, loss) = (unit.start, unit.random_access, unit.loss > 0);
        let order = UnitOrder { channel, ticket, at, random_access, loss, want };
        self.pipe.queue(wire::order_head(&Order::Unit(order, &unit.data)).into());
        // As it came off the camera's socket: not copied until the kernel does.
        self.pipe.queue(unit.data.clone());
        let queued = self.pipe.queued();
        self.in_flight.push_back(InFlight { ticket, stream, data: unit.data.clone(), queued, reply });
    }

    fn close(&mut self, channel: u32) {
        if self.open.remove(&channel).is_some() {
            self.pipe.queue(wire::order_head(&Order::Close { channel }).into());
        }
    }

    fn ticket(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        ticket
    }

    /// Reads all that is there and hands it on.
    fn read(&mut self, book: &mut Book) -> Result<(), Reason> {
        loop {
            let more = self.pipe.receive().map_err(|_| Reason::Died)?;
            while let Some(word) = self.pipe.next_word().map_err(malformed)? {
                self.hear(word, book)?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    fn hear(&mut self, word: Word, book: &mut Book) -> Result<(), Reason> {
        match word {
            Word::Ready { .. } if self.ready => return Err(Reason::Malformed("twice that it is ready")),
            Word::Ready { confinement } => {
                tracing::info!(process.id = self.process.pid, %confinement, "the vision worker is ready");
                book.told.confinement = confinement;
                self.ready = true;
            }
            Word::Note { text } => {
                self.notes += 1;
                if self.notes > MOST_NOTES {
                    return Err(Reason::Malformed("more than anybody reads"));
                }
                tracing::warn!(process.id = self.process.pid, %text, "the vision worker says");
            }
            Word::Answer { ticket, cpu_us, outcome } => {
                let known = self.in_flight.pop_front_if(|oldest| oldest.ticket == ticket);
                let unit = known.ok_or(Reason::Malformed("an answer that nobody waits for"))?;
                book.told.units += u64::from(!unit.data.is_empty());
                book.told.cpu += Duration::from_micros(cpu_us.into());
                let result = result(outcome);
                book.told.pictures += u64::from(matches!(result, Ok(Some(_))));
                book.told.broken += u64::from(result == Err(Trouble::Broken));
                unit.reply.send(result);
            }
        }
        Ok(())
    }

    /// Measures the worker; an error when it is stuck.
    fn look(&mut self, book: &mut Book) -> Result<(), Reason> {
        let (now, watch) = (Instant::now(), &mut self.watch);
        let Some(gauge) = gauge::measure(self.process.pid) else { return Ok(()) };
        let passed = now.duration_since(watch.looked).as_secs_f32().max(0.001);
        let busy = std::mem::replace(&mut watch.busy, book.told.busy);
        let units = std::mem::replace(&mut watch.units, book.told.units);
        let (refused, answered) = (book.told.busy - busy, book.told.units - units);
        book.told.cpu_share = gauge.cpu.saturating_sub(watch.last.cpu).as_secs_f32() / passed;
        book.told.shed = refused as f32 / (refused + answered).max(1) as f32;
        book.told.memory = gauge.memory;
        book.told.in_flight = self.in_flight.len();
        (watch.last, watch.looked) = (gauge, now);

        // Before it is ready it has its start for a unit.
        let ticket = self.in_flight.front().map_or(u64::from(!self.ready), |oldest| oldest.ticket);
        if watch.ticket != Some(ticket) {
            (watch.ticket, watch.since, watch.cpu) = (Some(ticket), now, gauge.cpu);
        }
        let waits = !self.ready || !self.in_flight.is_empty();
        let (most_cpu, most_time) = if self.ready { (self.unit_cpu, self.unit_time) } else { (START, START) };
        let stuck =
            gauge.cpu.saturating_sub(watch.cpu) > most_cpu || now.duration_since(watch.since) > most_time;
        if waits && stuck { Err(Reason::Hung) } else { Ok(()) }
    }
}

fn malformed(error: Malformed) -> Reason {
    Reason::Malformed(error.0)
}

fn result(outcome: Outcome) -> Result<Option<Picture>, Trouble> {
    match outcome {
        Outcome::Nothing => Ok(None),
        Outcome::Grey { at, width, height, luma } => {
            Ok(Some(Picture::Grey(Grey { at, width, height, luma })))
        }
        Outcome::Jpeg { at, width, height, file } => {
            Ok(Some(Picture::Jpeg(Jpeg { at, width, height, file })))
        }
        Outcome::Damage(damage) => Err(damage.into()),
    }
}

/// How it ended, and whether that may be a unit's fault. Who is killed by somebody else, or by the kernel for want of
/// memory that others took, dies of no unit: its own memory is limited. `refused`: it had to be killed in the end.
fn judge(reason: Reason, status: Option<ExitStatus>, refused: bool) -> (String, bool) {
    let how = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
    let signal = status.and_then(|status| status.signal());
    let from_outside = [libc::SIGKILL, libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
    match reason {
        Reason::Stopped => (how, false),
        Reason::Died if refused => ("hung up without ending".to_owned(), true),
        Reason::Died => (how, signal.is_none_or(|signal| !from_outside.contains(&signal))),
        Reason::Malformed(what) => (format!("said {what}"), true),
        Reason::Hung => ("took too long for a picture".to_owned(), true),
    }
}
