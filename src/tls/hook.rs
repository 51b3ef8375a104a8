//! The program that writes DNS records: `HOOK add|remove NAME VALUE`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::base::{Error, Kind, Result};

/// Providers' interfaces are slow; longer than this is stuck.
const TIME: Duration = Duration::from_secs(120);
/// What it says is repeated so far, in characters.
const WORDS: usize = 200;

/// What the program is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Do {
    /// Write the record beside others of the same name.
    Add,
    /// Take it away.
    Remove,
}

impl Do {
    fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

/// Runs it once. The value is no secret: it will stand in DNS.
///
/// # Errors
/// `Io` when it cannot be started, `Timeout`, or `Unavailable` with what it said when it failed.
pub(super) async fn call(hook: &Path, what: Do, name: &str, value: &str) -> Result<()> {
    let shown = hook.display();
    let mut command = Command::new(hook);
    command.args([what.word(), name, value]).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(TIME, command.output()).await.map_err(|_| {
        Error::new(
            Kind::Timeout,
            format!("{shown} did not end within {} seconds; try it by hand", TIME.as_secs()),
        )
    })?;
    let output = output
        .map_err(|e| Error::io(format!("{shown} cannot be run; see that it is there and executable"), e))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS).collect();
    let sentence = format!("{shown} {} {name} failed ({}): {said}", what.word(), output.status);
    Err(Error::new(Kind::Unavailable, sentence))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "what the user would bring")]
    fn program(dir: &Path, text: &str) -> std::path::PathBuf {
        let path = dir.join("hook");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).expect("executable");
        path
    }

    #[tokio::test]
    async fn it_is_told_what_to_do_and_its_failure_is_repeated() {
        let dir = tempfile::tempdir().expect("a folder");
        let told = dir.path().join("told");
        let hook = program(dir.path(), &format!("echo \"$#:$1:$2:$3\" >> {}", told.display()));
        call(&hook, Do::Add, "_acme-challenge.a.vn", "x y").await.expect("runs");
        call(&hook, Do::Remove, "_acme-challenge.a.vn", "x y").await.expect("runs");
        let text = std::fs::read_to_string(told).expect("told");
        assert_eq!(text, "3:add:_acme-challenge.a.vn:x y\n3:remove:_acme-challenge.a.vn:x y\n");
        let hook = program(dir.path(), "echo 'no such\nzone' >&2; exit 3");
        let error = call(&hook, Do::Add, "n", "v").await.expect_err("fails");
        assert!(
            error.message().contains("add n failed") && error.message().ends_with("no such zone"),
            "{error}"
        );
        let error = call(&dir.path().join("absent"), Do::Add, "n", "v").await.expect_err("fails");
        assert!(error.message().contains("cannot be run"), "{error}");
    }
}
