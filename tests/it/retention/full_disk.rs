//! A disk that others fill.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use lanewatch::base::{SharedClock, Stop, SystemClock, Ticks, TimeRange};
use lanewatch::catalogue::{GapCause, Scope};
use lanewatch::config::Days;
use lanewatch::retention::Retention;
use lanewatch::storage::VolumeSpec;

use super::recording::{Filmed, until};
use super::site::{MIB, MINUTE, Site};

/// A small disk in memory, away again at the end.
struct Disk {
    path: PathBuf,
}

impl Disk {
    /// `None` where this user may not mount: a container, or somebody who is not root.
    #[expect(clippy::print_stderr, reason = "who runs the tests should know what was left out")]
    fn mount(path: &Path, mib: u64) -> Option<Self> {
        std::fs::DirBuilder::new().create(path).expect("a folder");
        let size = format!("size={mib}m,mode=700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "lanewatch-test"]).arg(path).output();
        match mounted {
            Ok(done) if done.status.success() => Some(Self { path: path.to_path_buf() }),
            other => {
                let reason = other.map(|done| String::from_utf8_lossy(&done.stderr).into_owned());
                eprintln!(
                    "skipped: a small disk cannot be mounted here ({reason:?}); run as root to test it"
                );
                None
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: the volume's folder may still be open.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

/// Takes all room that is left.
#[expect(clippy::disallowed_methods, reason = "another program's file, that nobody needs to sync")]
fn fill(file: &Path) -> u64 {
    let mut file = std::fs::File::create(file).expect("a file");
    let (mut written, chunk) = (0, vec![0; 64 << 10]);
    while let Ok(n) = file.write(&chunk) {
        written += n as u64;
    }
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recording_goes_on_when_another_program_eats_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = Disk::mount(&folder.path().join("disk"), 32) else { return };
    let spec =
        VolumeSpec { path: disk.path.join("footage"), group: "default".to_owned(), budget_bytes: None };
    let sim = lanewatch::base::SimClock::starting_at(super::site::now());
    let site = Site::with(folder, vec![spec], Days::default(), sim).await;
    let camera = site.camera("Ngõ 7").await;
    let clock: SharedClock = SystemClock::shared();
    let retention =
        Retention::new(site.catalogue.clone(), site.volumes.clone(), clock.clone(), Days::default());
    let rooms = (&site.catalogue, &site.volumes, clock);
    let mut film = Filmed::begin(&camera, rooms, retention.hurry(), &site.tasks);
    let (stream, stop) = (film.stream.clone(), Stop::new());
    let sweeping = site.tasks.spawn("retention", retention.run(stop.clone()));

    // The recorder begins with the first key frame after its start. Some minutes of footage, then no room at all.
    film.gop(60_000).await;
    film.gop(60_000).await;
    for _ in 0..200 {
        film.recorded_gop(&site.catalogue, 60_000).await;
    }
    let eaten = fill(&disk.path.join("eaten"));
    assert!(eaten > MIB, "there was room before: {eaten}");

    // The recorder meets the full disk, retention makes room, and recording goes on at a random access point.
    let gaps = async || {
        let all = TimeRange::new(Ticks(0), Ticks(i64::MAX / 2));
        site.catalogue.gaps(Scope::everything(), stream.key, all).await.expect("gaps")
    };
    until("full and then recording again", async || {
        film.gop(60_000).await;
        // Not faster than rows can be written.
        site.catalogue.flush().await.expect("flush");
        let over = |gap: &lanewatch::catalogue::Gap| gap.cause == GapCause::DiskFull && gap.to.is_some();
        gaps().await.iter().any(over)
    })
    .await;

    // And on, with the eaten room still gone: five minutes more.
    let later = gaps().await.iter().filter_map(|gap| gap.to).max().expect("a gap") + 5 * MINUTE;
    until("on and on", async || {
        film.gop(60_000).await;
        site.catalogue.flush().await.expect("flush");
        site.catalogue
            .newest(Scope::everything(), stream.key)
            .await
            .expect("newest")
            .is_some_and(|end| end > later)
    })
    .await;
    film.end(&site.catalogue).await;
    stop.request();
    sweeping.await.expect("retention ends");
    assert!(gaps().await.iter().any(|gap| gap.cause == GapCause::Retention), "the oldest made room");
    site.assert_files_and_rows_agree().await;
    site.assert_sound(later).await;
    site.volumes.close();
}
