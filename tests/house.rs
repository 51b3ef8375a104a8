//! Keeps the walls: which room may import which, who owns which outside thing, and how long a file may grow.
//! The table is the one in `src/lib.rs`; a wish to change it starts there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room, floor, rooms it may import.
const ROOMS: &[(&str, u8, &[&str])] = &[
    ("base", 0, &[]),
    ("config", 1, &["base"]),
    ("media", 1, &["base"]),
    ("hub", 1, &["base", "media"]),
    ("ingest", 2, &["base", "config", "media", "hub"]),
    ("catalogue", 2, &["base", "media"]),
    ("storage", 2, &["base", "media"]),
    ("vision", 2, &["base", "media"]),
    ("record", 3, &["base", "config", "media", "hub", "storage", "catalogue"]),
    ("retention", 3, &["base", "config", "storage", "catalogue"]),
    ("playback", 3, &["base", "media", "hub", "storage", "catalogue"]),
    ("alert", 3, &["base", "catalogue"]),
    ("auth", 3, &["base", "config", "catalogue"]),
    ("detect", 3, &["base", "config", "media", "hub", "vision", "catalogue"]),
    ("tls", 3, &["base", "config", "storage"]),
    ("http", 4, &["base", "config", "media", "hub", "catalogue", "playback", "alert", "auth", "tls"]),
    (
        "app",
        5,
        &[
            "base",
            "config",
            "media",
            "hub",
            "detect",
            "ingest",
            "catalogue",
            "storage",
            "vision",
            "record",
            "retention",
            "playback",
            "alert",
            "auth",
            "tls",
            "http",
            "cli",
            "lifecycle",
        ],
    ),
    (
        "cli",
        5,
        &[
            "base",
            "config",
            "media",
            "hub",
            "detect",
            "ingest",
            "catalogue",
            "storage",
            "vision",
            "record",
            "retention",
            "playback",
            "auth",
            "http",
            "app",
            "lifecycle",
        ],
    ),
    ("lifecycle", 5, &["base", "tls", "app"]),
    ("main", 5, &["base", "cli", "app"]),
];

/// Outside crate, the rooms that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("retina", &["ingest"]),
    ("sqlx", &["catalogue"]),
    ("axum", &["http"]),
    ("hyper", &["http", "ingest", "alert"]),
    ("hyper_util", &["http", "ingest", "alert"]),
    ("http_auth", &["ingest"]),
    ("if_addrs", &["ingest", "tls"]),
    ("rustls", &["tls", "alert"]),
    ("tokio_rustls", &["tls", "alert"]),
    ("rcgen", &["tls"]),
    ("instant_acme", &["tls"]),
    ("x509_parser", &["tls"]),
    ("roxmltree", &["ingest"]),
    ("sha1", &["ingest"]),
    ("rust_embed", &["http"]),
    // The documents of alert's settings are described where they are checked.
    ("utoipa", &["http", "alert"]),
    ("utoipa_axum", &["http"]),
    ("argon2", &["auth"]),
    ("toml", &["config"]),
    ("chrono", &["base"]),
    ("chrono_tz", &["base"]),
    ("getrandom", &["base"]),
    ("blake3", &["media", "storage", "playback", "record"]),
    ("rustix", &["storage", "catalogue", "vision", "detect"]),
    ("ffmpeg_next", &["vision"]),
    ("image", &["vision"]),
    ("landlock", &["vision"]),
    ("seccompiler", &["vision"]),
    ("libc", &["vision"]),
    ("zip", &["playback"]),
    ("qrcodegen", &["http"]),
    ("chacha20poly1305", &["catalogue"]),
    // hub has a file of that name.
    ("ring", &["alert", "hub", "tls"]),
    ("rustls_native_certs", &["alert"]),
    ("rten", &["detect"]),
    ("clap", &["cli", "main"]),
    ("tracing_subscriber", &["app", "cli", "main", "lifecycle"]),
];

/// A file longer than this says two things.
const MAX_LINES: usize = 700;

struct Source {
    path: PathBuf,
    room: String,
    /// Production lines: without the tests at the end.
    lines: Vec<(usize, String)>,
}

fn sources() -> Vec<Source> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let load = |path: PathBuf| {
        let inside = path.strip_prefix(&root).expect("below src").to_path_buf();
        let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a source can be read");
        let is_test_file =
            inside.iter().any(|part| part == "tests" || part.to_string_lossy().ends_with("tests.rs"));
        let lines = text
            .lines()
            .take_while(|line| line.trim() != "#[cfg(test)]" || line.starts_with(' '))
            .enumerate()
            .map(|(n, line)| (n + 1, line.to_owned()))
            .filter(|_| !is_test_file)
            .collect();
        Source { path: Path::new("src").join(inside), room: first.trim_end_matches(".rs").to_owned(), lines }
    };
    paths.into_iter().map(load).collect()
}

fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Names that follow `prefix` in a line, such as rooms behind `crate::`.
fn named<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).map(move |(at, _)| {
        let rest = &line[at + prefix.len()..];
        &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
    })
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let table: BTreeMap<_, _> = ROOMS.iter().map(|(room, floor, may)| (*room, (*floor, *may))).collect();
    let mut broken = Vec::new();
    for source in sources().iter().filter(|s| s.room != "lib") {
        let Some((_, may)) = table.get(source.room.as_str()) else {
            broken.push(format!("{}: room {} is not in the table", source.path.display(), source.room));
            continue;
        };
        for (n, line) in &source.lines {
            let prefix = if source.room == "main" { "lanewatch::" } else { "crate::" };
            for other in named(code(line), prefix).filter(|o| table.contains_key(o) && *o != source.room) {
                if !may.contains(&other) {
                    broken.push(format!(
                        "{}:{n}: {} may not import {other}",
                        source.path.display(),
                        source.room
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "a wall is broken:\n{}", broken.join("\n"));
}

#[test]
fn arrows_point_down() {
    let floor = |room: &str| ROOMS.iter().find(|r| r.0 == room).map(|r| r.1).expect("every room has a floor");
    for (room, at, may) in ROOMS.iter().filter(|r| r.1 < 5) {
        for other in *may {
            let below = floor(other) < *at || (*room, *other) == ("hub", "media");
            assert!(below, "{room} on floor {at} may not import {other} on floor {}", floor(other));
        }
    }
}

#[test]
fn outside_things_have_one_owner() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|s| s.room != "lib") {
        for (n, line) in &source.lines {
            for (outside, owners) in OWNERS {
                let line = code(line);
                // As a word of its own: `String::` does not name ring.
                let names_it = line.match_indices(&format!("{outside}::")).any(|(at, _)| {
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
                });
                if names_it && !owners.contains(&source.room.as_str()) {
                    broken.push(format!(
                        "{}:{n}: {outside} belongs to {}, not to {}",
                        source.path.display(),
                        owners.join(", "),
                        source.room
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "an owner is passed by:\n{}", broken.join("\n"));
}

#[test]
fn sql_and_file_writes_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for source in sources() {
        for (n, line) in &source.lines {
            let line = code(line);
            let sql = ["\"select ", "\"insert ", "\"update ", "\"delete from", "\"pragma "];
            if sql.iter().any(|s| line.contains(s)) && source.room != "catalogue" {
                broken.push(format!("{}:{n}: SQL belongs to catalogue", source.path.display()));
            }
            let writes =
                ["fs::write(", "fs::remove_file(", "File::create(", "fs::rename(", "OpenOptions::new("];
            if writes.iter().any(|w| line.contains(w)) && !["storage", "cli"].contains(&source.room.as_str())
            {
                broken.push(format!("{}:{n}: writing files belongs to storage", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "an owner is passed by:\n{}", broken.join("\n"));
}

/// Files of http that look at all cameras, and why that shows nobody too much.
const LOOKS_AT_EVERYTHING: &[(&str, &str)] = &[
    ("src/http/look.rs", "looks once for all followers; each piece of news says who may hear it"),
    ("src/http/health.rs", "tells strangers one word of the whole site"),
];

/// Questions that take no scope, as recording, recovery and retention ask them.
const WITHOUT_SCOPE: &[&str] = &[
    ".all_cameras(",
    ".segment_row(",
    ".segment_ids(",
    ".segments_after(",
    ".unfinished_segments(",
    ".exports_over(",
    ".next_export(",
    ".audit_stream(",
];

#[test]
fn http_asks_in_somebodys_name() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|s| s.room == "http") {
        let file = source.path.display().to_string();
        let may = LOOKS_AT_EVERYTHING.iter().any(|(path, _)| *path == file);
        for (n, line) in &source.lines {
            let line = code(line);
            if line.contains("Scope::everything") && !may {
                broken.push(format!("{file}:{n}: take the scope of whoever asks, from Caller"));
            }
            if let Some(question) = WITHOUT_SCOPE.iter().find(|q| line.contains(**q)) {
                broken.push(format!("{file}:{n}: {question}..) shows cameras that nobody may see"));
            }
        }
    }
    assert!(broken.is_empty(), "somebody could see too much:\n{}", broken.join("\n"));
}

/// Handlers of routes that answer anybody; the guard has the same list by address.
const OPEN: &[&str] = &["get_setup", "post_session", "accept_invite", "post_receipt"];

#[test]
fn every_handler_says_what_one_must_be_allowed_to_do() {
    let (mut broken, mut handlers) = (Vec::new(), 0);
    for source in sources().iter().filter(|s| s.room == "http") {
        let text: Vec<&str> = source.lines.iter().map(|(_, line)| line.as_str()).collect();
        let text = text.join("\n");
        for described in text.split("#[utoipa::path(").skip(1) {
            let (_, from) = described.split_once("async fn ").expect("a handler");
            let (name, _) = from.split_once(['(', '<']).expect("arguments");
            let (signature, _) = from.split_once(" -> ").expect("an answer");
            handlers += 1;
            let says = signature.contains("Caller<") || signature.contains("Somebody");
            if !says && !OPEN.contains(&name) {
                broken.push(format!("{}: {name} takes no Caller<Right>", source.path.display()));
            }
        }
    }
    assert!(handlers > 60, "{handlers} handlers were found");
    assert!(broken.is_empty(), "anybody could ask:\n{}", broken.join("\n"));
}

#[test]
fn pure_files_are_pure() {
    let mut broken = Vec::new();
    for source in sources() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&source.path);
        let text = fs::read_to_string(path).expect("a source can be read");
        if !text.starts_with("//! Pure.") {
            continue;
        }
        for (n, line) in &source.lines {
            let line = code(line);
            let impure = ["tokio::", "std::fs", "std::net", "Instant::now", ".await", "SystemTime"];
            if let Some(word) = impure.iter().find(|w| line.contains(**w)) {
                broken.push(format!("{}:{n}: a pure file names {word}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "not pure:\n{}", broken.join("\n"));
}

#[test]
fn files_stay_short_and_say_what_they_are() {
    let mut broken = Vec::new();
    for source in sources() {
        if source.lines.len() > MAX_LINES {
            broken.push(format!(
                "{}: {} lines; at most {MAX_LINES}",
                source.path.display(),
                source.lines.len()
            ));
        }
        let first = source.lines.first().map_or("//!", |(_, line)| line.as_str());
        if !first.starts_with("//!") {
            broken.push(format!("{}: begins without saying what it is for", source.path.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
