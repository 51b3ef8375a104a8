//! The log: on standard error, never a reason to stop, nor to wait.
//!
//! The lines go to a thread of their own. When it is stuck behind a full pipe or a slow disk, further lines are dropped
//! and counted: who records must not wait for who reads.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::base::Tasks;

/// Lines that may wait.
const WAITING: usize = 8192;
/// At the end, what waits is written for so long.
const LAST_WORDS: Duration = Duration::from_secs(1);

enum Order {
    Line(Vec<u8>),
    /// Everything before is written: say so.
    End(SyncSender<()>),
}

/// Where a line is handed over.
#[derive(Clone)]
struct Lines {
    orders: SyncSender<Order>,
    lost: Arc<AtomicU64>,
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.orders.try_send(Order::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes what waits when it is dropped.
pub(super) struct Log(SyncSender<Order>);

impl Drop for Log {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        if self.0.try_send(Order::End(done)).is_ok() {
            // A reader that does not read keeps us no longer than this.
            let _ = written.recv_timeout(LAST_WORDS);
        }
    }
}

/// Starts it with a filter; `RUST_LOG` wins over the configuration.
pub(super) fn start(filter: &str) -> Log {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{filter},retina=warn,sqlx=warn")));
    let (orders, waiting) = sync_channel(WAITING);
    let lines = Lines { orders: orders.clone(), lost: Arc::default() };
    let lost = Arc::clone(&lines.lost);
    Tasks::thread("lw-log", move || write(&waiting, &lost, io::stderr()));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || lines.clone());
    // A test may have started one before.
    let _ = log.with_ansi(io::stderr().is_terminal()).try_init();
    Log(orders)
}

fn write(waiting: &Receiver<Order>, lost: &AtomicU64, mut out: impl Write) {
    for order in waiting {
        match order {
            // A full disk or a closed pipe behind it costs lines, not the service.
            Order::Line(line) => drop(out.write_all(&line)),
            Order::End(done) => drop(done.try_send(())),
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(out, "{lost} lines of the log are lost: nobody took them in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_a_reader_and_what_is_lost_is_counted() {
        let (orders, waiting) = sync_channel(2);
        let mut lines = Lines { orders, lost: Arc::default() };
        for n in 0..5 {
            lines.write_all(format!("{n}\n").as_bytes()).expect("never fails");
        }
        let lost = Arc::clone(&lines.lost);
        drop(lines);
        let mut out = Vec::new();
        write(&waiting, &lost, &mut out);
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text, "0\n3 lines of the log are lost: nobody took them in time\n1\n");
    }
}
