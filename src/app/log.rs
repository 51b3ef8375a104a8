//! The log: on standard error, and never a reason to stop.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;

/// Standard error that forgives: a full disk or a closed pipe behind it costs lines, not the service.
struct Forgiving;

impl Write for Forgiving {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().lock().write_all(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts it with a filter; `RUST_LOG` wins over the configuration.
pub(super) fn start(filter: &str) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{filter},retina=warn,sqlx=warn")));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Forgiving);
    // A test may have started one before.
    let _ = log.with_ansi(io::stderr().is_terminal()).try_init();
}
