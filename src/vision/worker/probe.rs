//! Tries to break out, from inside: for the tests. What comes back must be a refusal, each time.

use std::fmt::Display;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, MemfdFlags, Mode, OFlags};
use rustix::process::{Pid, Signal};

use super::confine::attempt;

/// One attempt and the error it got; `None` when it succeeded.
pub(super) struct Attempt {
    what: String,
    refusal: Option<i32>,
}

fn tried<T>(what: impl Display, result: impl Into<Result<T, io::Error>>) -> Attempt {
    // An error without a number was none of the kernel's: no proof of anything.
    let refusal = result.into().err().and_then(|e| e.raw_os_error());
    Attempt { what: what.to_string(), refusal }
}

/// What Landlock alone must refuse, before the filter of system calls comes.
pub(super) fn files(folder: &Path, address: SocketAddr) -> Vec<Attempt> {
    let create = OFlags::WRONLY | OFlags::CREATE;
    vec![
        tried("landlock: read a file", std::fs::read(folder.join("secret"))),
        tried("landlock: list a folder", std::fs::read_dir(folder)),
        tried("landlock: look at the process", std::fs::read("/proc/self/environ")),
        tried(
            "landlock: write a file",
            rustix::fs::open(folder.join("new"), create, Mode::RUSR).map_err(io::Error::from),
        ),
        tried("landlock: delete a file", rustix::fs::unlink(folder.join("secret")).map_err(io::Error::from)),
        tried("landlock: execute", Err::<(), _>(Command::new("/proc/self/exe").arg("--version").exec())),
        tried("landlock: connect", TcpStream::connect(address)),
    ]
}

/// What the confined process must not be able to do.
pub(super) fn all(folder: &Path, address: SocketAddr, parent: u32) -> Vec<Attempt> {
    let parent = Pid::from_raw(parent.cast_signed());
    let signal = parent.map_or(Ok(()), |p| rustix::process::kill_process(p, Signal::CONT));
    let create = OFlags::WRONLY | OFlags::CREATE;
    let mut all = vec![
        tried("read a file", std::fs::read(folder.join("secret"))),
        tried("list a folder", std::fs::read_dir(folder)),
        tried(
            "write a file",
            rustix::fs::open(folder.join("new"), create, Mode::RUSR).map_err(io::Error::from),
        ),
        tried(
            "make a folder",
            rustix::fs::mkdirat(CWD, folder.join("folder"), Mode::RWXU).map_err(io::Error::from),
        ),
        tried("delete a file", rustix::fs::unlink(folder.join("secret")).map_err(io::Error::from)),
        tried("connect", TcpStream::connect(address)),
        tried("listen", TcpListener::bind("127.0.0.1:0")),
        tried("send a datagram", UdpSocket::bind("127.0.0.1:0")),
        tried("connect to a unix socket", UnixStream::connect(folder.join("socket"))),
        tried("listen on a unix socket", UnixListener::bind(folder.join("other"))),
        tried("make a pair of sockets", UnixStream::pair()),
        tried(
            "make a file in memory",
            rustix::fs::memfd_create("file", MemfdFlags::CLOEXEC).map_err(io::Error::from),
        ),
        tried("start a program", Command::new("/proc/self/exe").arg("--version").spawn()),
        tried("become another program", Err::<(), _>(Command::new("/proc/self/exe").arg("--version").exec())),
        tried("start a thread", std::thread::Builder::new().spawn(|| ())),
        tried("signal the service", signal.map_err(io::Error::from)),
    ];
    all.extend(CALLS.iter().map(|(name, call)| tried(format_args!("call {name}"), attempt(*call))));
    all
}

/// Doors that intruders like. With zeros as arguments an open door would answer EFAULT, EINVAL or EBADF, not EPERM.
const CALLS: &[(&str, libc::c_long)] = &[
    ("clone", libc::SYS_clone),
    ("clone3", libc::SYS_clone3),
    ("execve", libc::SYS_execve),
    ("execveat", libc::SYS_execveat),
    ("ptrace", libc::SYS_ptrace),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("pidfd_open", libc::SYS_pidfd_open),
    ("kill", libc::SYS_kill),
    ("openat", libc::SYS_openat),
    ("openat2", libc::SYS_openat2),
    ("renameat2", libc::SYS_renameat2),
    ("linkat", libc::SYS_linkat),
    ("fchmodat", libc::SYS_fchmodat),
    ("socket", libc::SYS_socket),
    ("connect", libc::SYS_connect),
    ("sendto", libc::SYS_sendto),
    ("sendmsg", libc::SYS_sendmsg),
    ("recvmsg", libc::SYS_recvmsg),
    ("dup", libc::SYS_dup),
    ("ioctl", libc::SYS_ioctl),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("bpf", libc::SYS_bpf),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("keyctl", libc::SYS_keyctl),
    ("unshare", libc::SYS_unshare),
    ("setns", libc::SYS_setns),
    ("mount", libc::SYS_mount),
    ("chroot", libc::SYS_chroot),
    ("setuid", libc::SYS_setuid),
    ("capset", libc::SYS_capset),
    ("prctl", libc::SYS_prctl),
    ("prlimit64", libc::SYS_prlimit64),
    ("seccomp", libc::SYS_seccomp),
    ("shmget", libc::SYS_shmget),
    ("init_module", libc::SYS_init_module),
    ("reboot", libc::SYS_reboot),
];

/// One line on how it is confined, then one an attempt: what, a tab, the number of the error or `done`.
pub(super) fn report(confinement: &str, tried: &[Attempt]) -> String {
    let outcome = |a: &Attempt| a.refusal.map_or("done".to_owned(), |number| number.to_string());
    let lines = tried.iter().map(|a| format!("{}\t{}\n", a.what, outcome(a)));
    std::iter::once(format!("{confinement}\n")).chain(lines).collect()
}
