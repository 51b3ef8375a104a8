//! Takes from this process, step by step and for good, everything that decoding does not need.
#![expect(unsafe_code, reason = "closing what was inherited and giving way to others have no safe call")]

use std::collections::BTreeMap;
use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, Ruleset, RulesetAttr,
    RulesetStatus, Scope,
};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use crate::base::{Error, Kind, Result};

/// Gives way to the recorder. More would leave it nothing on a machine that others keep busy.
const NICE: i32 = 5;
/// When memory is short this process goes before the recorder (proc_pid_oom_score_adj(5)).
const OOM_SCORE: &[u8] = b"700";
/// The newest Landlock that is asked for; what the kernel lacks is left out and told.
const LANDLOCK: ABI = ABI::V6;

fn failed(what: &str, why: impl Into<io::Error>) -> Error {
    Error::io(format_args!("the vision worker cannot {what}"), why.into())
}

/// Lets go of the service: its files, its priority, its life after its death.
pub(super) fn leave(parent: u32) -> Result<()> {
    // SAFETY: nothing in this process owns a descriptor beyond the standard three yet.
    let closed = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    if closed != 0 {
        return Err(failed("close what it inherited", io::Error::last_os_error()));
    }
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|e| failed("end with the service", e))?;
    // The service may have ended before that.
    let alive = rustix::process::getppid().is_some_and(|p| p.as_raw_pid().unsigned_abs() == parent);
    if !alive {
        return Err(Error::new(Kind::Unavailable, "the service that started this worker has ended"));
    }
    give_way();
    Ok(())
}

/// Best effort: a recorder that shares evenly still records.
fn give_way() {
    let _ = rustix::process::nice(NICE);
    let plain = libc::sched_param { sched_priority: 0 };
    // SAFETY: the parameter outlives the call; 0 is this thread.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const plain) };
    if let Ok(score) = rustix::fs::open("/proc/self/oom_score_adj", OFlags::WRONLY, Mode::empty()) {
        let _ = rustix::io::write(score, OOM_SCORE);
    }
}

/// No privilege, no path, no port. Says what of it the kernel enforces.
pub(super) fn no_files() -> Result<String> {
    rustix::thread::set_no_new_privs(true).map_err(|e| failed("give up privileges", e))?;
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, none).map_err(|e| failed("give up capabilities", e))?;
    no_paths().map_err(|e| {
        Error::new(Kind::Unavailable, "the vision worker cannot lock itself in with Landlock").because(e)
    })
}

/// Bounded memory; nothing opened, written or started any more.
pub(super) fn no_resources(memory: u64) -> Result<()> {
    let limits = [
        (Resource::As, memory),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        rustix::process::setrlimit(resource, limit).map_err(|e| failed("limit itself", e))?;
    }
    // Nobody of the same user may look into it or stop it with a debugger.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(|e| failed("hide its memory", e))
}

fn no_paths() -> std::result::Result<String, landlock::RulesetError> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .restrict_self()?;
    let version = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => format!("{effective_abi:?}"),
        _ => "(not in this kernel)".to_owned(),
    };
    let extent = match status.ruleset {
        RulesetStatus::FullyEnforced => "all",
        RulesetStatus::PartiallyEnforced => "in part",
        RulesetStatus::NotEnforced => "not",
    };
    Ok(format!("system calls: few; files and ports: {extent} refused by Landlock {version}"))
}

/// System calls that remain, whatever their arguments: memory, time, the two pipes it has, and its own end.
const CALLS: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_sched_yield,
    libc::SYS_restart_syscall,
    // A crash: std's handler of SIGSEGV puts the default back, or the crash would go round in circles.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Every other call fails with EPERM. It does not kill: a call that a newer libc tries in passing then costs nothing,
/// and what an intruder tries fails all the same.
pub(super) fn few_calls() -> Result<()> {
    let seccomp = |e: seccompiler::Error| {
        Error::new(Kind::Unavailable, "the vision worker cannot filter its system calls").because(e)
    };
    let filter = filter().map_err(|e| seccomp(e.into()))?;
    seccompiler::apply_filter(&filter).map_err(seccomp)
}

fn filter() -> std::result::Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    // No memory that can be executed: code cannot be brought in.
    let no_code =
        SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![SeccompRule::new(vec![no_code.clone()])?]);
    }
    // Signals only to itself, which is how abort() ends.
    let own = u64::from(std::process::id());
    let to_itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![to_itself])?]);
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, refuse, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?.try_into()
}

/// Tries a system call with no arguments: `Ok` when the kernel let it through in any way, the error otherwise.
pub(super) fn attempt(call: libc::c_long) -> io::Result<()> {
    // SAFETY: every argument is zero, so that nothing is read or written; a second process ends at once.
    let done = unsafe { libc::syscall(call, 0, 0, 0, 0, 0, 0) };
    match done {
        0 if [libc::SYS_clone, libc::SYS_clone3].contains(&call) => std::process::abort(),
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
