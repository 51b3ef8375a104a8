//! Starts worker processes and buries them.
//!
//! A thread of its own for each worker: the kernel ends a worker when the *thread* that started it ends
//! (`PR_SET_PDEATHSIG`), and threads of a runtime come and go. It waits for its child, so that none stays as a zombie.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::sync::oneshot;

use crate::base::Tasks;

/// How to start a worker.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
}

/// A worker process that was started.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Its end, once it has come; the process is gone then.
    pub(super) ended: oneshot::Receiver<io::Result<ExitStatus>>,
    handle: OwnedFd,
}

impl Process {
    /// Kills it, now; nothing when it is gone already.
    pub(super) fn kill(&self) {
        // By its handle: a number could mean another process by now.
        let _ = pidfd_send_signal(&self.handle, Signal::KILL);
    }
}

/// A worker that runs, and our end of the socket pair.
type Launched = (Process, UnixStream);

/// Handle of the thread, which ends when this is dropped and its worker has ended.
#[derive(Debug)]
pub(super) struct Keeper {
    requests: SyncSender<oneshot::Sender<io::Result<Launched>>>,
}

impl Keeper {
    pub(super) fn start(recipe: Recipe) -> Self {
        // One worker at a time, so one request.
        let (requests, asked) = sync_channel(1);
        Tasks::thread("vision-keeper", move || keep(&recipe, &asked));
        Self { requests }
    }

    /// Starts a worker; the one before must have ended.
    pub(super) async fn launch(&self) -> io::Result<Launched> {
        let (answer, started) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts vision workers has ended");
        self.requests.try_send(answer).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }
}

fn keep(recipe: &Recipe, asked: &Receiver<oneshot::Sender<io::Result<Launched>>>) {
    while let Ok(answer) = asked.recv() {
        let (end, ended) = oneshot::channel();
        match start(recipe, ended) {
            Ok((mut child, launched)) => {
                // Nobody there to take it: it is dropped, the worker reads the end of its input and ends.
                let _ = answer.send(Ok(launched));
                let _ = end.send(child.wait());
            }
            Err(error) => drop(answer.send(Err(error))),
        }
    }
}

fn start(
    recipe: &Recipe,
    ended: oneshot::Receiver<io::Result<ExitStatus>>,
) -> io::Result<(std::process::Child, Launched)> {
    let (socket, theirs) = UnixStream::pair()?;
    socket.set_nonblocking(true)?;
    let mut child = Command::new(&recipe.program)
        .arg0("lanewatch")
        .args(&recipe.arguments)
        // Environment and folder may hold what is none of its business.
        .env_clear()
        .current_dir("/")
        // Ctrl-C in a terminal is for the service, which stops its workers in order.
        .process_group(0)
        .stdin(OwnedFd::from(theirs.try_clone()?))
        .stdout(OwnedFd::from(theirs))
        .stderr(Stdio::null())
        .spawn()?;
    let pid = child.id();
    let handle = Pid::from_raw(pid.cast_signed())
        .ok_or_else(|| io::Error::other("a process without a number"))
        .and_then(|pid| Ok(pidfd_open(pid, PidfdFlags::empty())?));
    match handle {
        Ok(handle) => Ok((child, (Process { pid, ended, handle }, socket))),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(error)
        }
    }
}
