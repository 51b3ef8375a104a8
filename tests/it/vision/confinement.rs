//! What the worker cannot do, tried from inside.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use super::*;

const LANEWATCH: &str = env!("CARGO_BIN_EXE_lanewatch");
const MEMORY: &str = "2147483648";

#[test]
fn every_way_out_is_closed() {
    let folder = tempfile::tempdir().expect("folder");
    let secret = folder.path().join("secret");
    #[expect(clippy::disallowed_methods, reason = "something to be stolen")]
    std::fs::write(&secret, "secret").expect("written");
    let _socket = UnixListener::bind(folder.path().join("socket")).expect("socket");
    let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
    let address = listener.local_addr().expect("address").to_string();
    let done = Command::new(LANEWATCH)
        .args(["vision-worker", "--parent", &std::process::id().to_string(), "--memory", MEMORY])
        .args(["--probe-folder", folder.path().to_str().expect("plain"), "--probe-address", &address])
        .stdin(Stdio::null())
        .output()
        .expect("started");
    assert!(done.status.success(), "{done:?}");
    let report = String::from_utf8(done.stdout).expect("text");
    let attempts: Vec<(&str, &str)> =
        report.lines().skip(1).filter_map(|line| line.split_once('\t')).collect();
    assert!(attempts.len() > 50, "{report}");
    // Landlock says EACCES, the filter of system calls EPERM.
    let landlocked = report.starts_with("system calls: few; files and ports: all refused by Landlock");
    for (what, outcome) in attempts {
        let expected = if what.starts_with("landlock") { "13" } else { "1" };
        // A kernel without Landlock, or an old one: the filter alone has to do.
        let excused = what.starts_with("landlock") && !landlocked;
        assert!(outcome == expected || excused, "{what}: {outcome}\n{report}");
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).expect("folder").map(|e| e.expect("entry").file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(std::fs::read_to_string(secret).expect("still there"), "secret");
}

#[tokio::test]
async fn the_running_worker_is_confined_and_gives_way() {
    let site = Site::new();
    let units = site.clip("h264", "testsrc=size=320x180:rate=5:duration=1", X264);
    let decoder = site.vision.stream(LANE);
    grey(decoder.decode(&units[0], GREY).await);
    let status = site.status(|s| s.workers[0].pid.is_some() && !s.workers[0].confinement.is_empty()).await;
    let pid = status.workers[0].pid.expect("it runs");
    assert!(status.workers[0].confinement.starts_with("system calls: few"), "{status:?}");
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}")).expect("proc");
    let words = read("status");
    let field = |name: &str| words.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(field("NoNewPrivs:"), Some("1"));
    assert_eq!(field("Seccomp:"), Some("2"));
    assert_eq!(field("CapEff:"), Some("0000000000000000"));
    assert_eq!(field("Threads:"), Some("1"));
    assert_eq!(read("oom_score_adj").trim(), "700");
    // proc_pid_stat(5): nice is field 19, the policy field 41 (3 = SCHED_BATCH).
    let stat = read("stat");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_ascii_whitespace().collect();
    let nice: i32 = fields[19 - 3].parse().expect("a number");
    let own = rustix::process::getpriority_process(None).expect("a number");
    assert_eq!((nice, fields[41 - 3]), ((own + 5).min(19), "3"));
    for limit in ["Max core file size", "Max file size", "Max processes", "Max open files"] {
        let limits = read("limits");
        let line = limits.lines().find(|line| line.starts_with(limit)).expect("a limit");
        assert!(line[limit.len()..].trim_start().starts_with("0 "), "{line}");
    }
    site.end().await;
}

#[test]
fn a_worker_dies_with_who_started_it() {
    // A shell stands for the service; the worker's input stays open beyond the shell's death.
    let script = "exec 3<&0; \"$0\" vision-worker --parent $$ --memory \"$1\" <&3 3<&- >&2 & echo $!; wait";
    let mut shell = Command::new("sh")
        .args(["-c", script, LANEWATCH, MEMORY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh");
    let mut line = String::new();
    BufReader::new(shell.stdout.take().expect("piped")).read_line(&mut line).expect("a number");
    let pid: u32 = line.trim().parse().expect("a number");
    // Its first word: it has begun to work.
    let mut first = [0; 5];
    let mut heard = shell.stderr.take().expect("piped");
    std::io::Read::read_exact(&mut heard, &mut first).expect("it is ready");
    assert_eq!(first[4], 1, "ready");
    let _open = shell.stdin.take();
    shell.kill().expect("killed");
    shell.wait().expect("gone");
    // Its end closes the last writing end of the pipe.
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut heard, &mut rest).expect("it ends");
    assert!(
        !std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|c| c.contains("vision-worker"))
    );
}

#[test]
fn a_worker_of_nobody_does_not_start() {
    let done = Command::new(LANEWATCH)
        .args(["vision-worker", "--parent", "1", "--memory", MEMORY])
        .stdin(Stdio::null())
        .output()
        .expect("started");
    assert!(!done.status.success());
    assert!(String::from_utf8_lossy(&done.stdout).contains("has ended"), "{done:?}");
}
