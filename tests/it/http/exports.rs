//! Exports: asked for over HTTP, made by the real service, judged by ffmpeg, unzip and sha256sum.

use std::collections::BTreeMap;
use std::process::Command;

use lanewatch::base::{Stop, TICKS_PER_SECOND, Tasks};
use lanewatch::catalogue::{ExportState, Scope};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use super::bench::now;
use super::client::Reply;
use super::filmed::{AFTER, BEFORE, Filmed, GAP, PICTURE};
use crate::support::footage::decoded;

/// First instant after the footage, in ticks after its beginning.
const END: i64 = (BEFORE + AFTER) as i64 * PICTURE + GAP * TICKS_PER_SECOND;

/// The task that makes exports.
pub(super) struct Making {
    stop: Stop,
    running: JoinHandle<()>,
}

impl Making {
    pub(super) fn begin(filmed: &Filmed) -> Self {
        let stop = Stop::new();
        let running = Tasks::new().spawn("exports", filmed.bench.exports.clone().run(stop.clone()));
        Self { stop, running }
    }

    pub(super) async fn end(self) {
        self.stop.request();
        self.running.await.expect("no panic");
    }
}

pub(super) fn stretch(from: i64, to: i64) -> Value {
    json!({"camera": "ngo-7", "from": (now() + from).rfc3339(), "to": (now() + to).rfc3339()})
}

/// Asks, and waits until it is over.
pub(super) async fn export(filmed: &mut Filmed, body: Value) -> Value {
    // What is filmed lies before now for the recorder.
    let begun = filmed.client.post("/api/v1/exports", body).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let path = format!("/api/v1/exports/{}", begun.json()["id"].as_str().expect("an id"));
    loop {
        let told = filmed.get(&path).await.json();
        if told["state"] != "queued" && told["state"] != "running" {
            return told;
        }
        tokio::task::yield_now().await;
    }
}

pub(super) async fn file(filmed: &mut Filmed, export: &Value) -> Reply {
    let url = export["url"].as_str().expect("an address").to_owned();
    filmed.get(&url).await
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// What a zip holds, unpacked by Debian's Python and proved by Debian's sha256sum.
fn unpacked(filmed: &Filmed, zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let folder = filmed.bench.folder.path().join("unpacked");
    let archive = filmed.bench.folder.path().join("answer.zip");
    #[expect(clippy::disallowed_methods, reason = "a file of the test's own, for unzip to read")]
    std::fs::write(&archive, zip).expect("written");
    let done = Command::new("python3").args(["-m", "zipfile", "-e"]).args([&archive, &folder]).output();
    assert!(done.expect("python3 runs").status.success());
    let sums =
        Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&folder).output();
    let sums = sums.expect("sha256sum runs");
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stdout));
    let entry = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("an entry");
        (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).expect("read"))
    };
    std::fs::read_dir(&folder).expect("a folder").map(entry).collect()
}

#[tokio::test]
async fn a_stretch_without_a_gap_is_one_mp4_with_the_bytes_of_its_clip() {
    let mut filmed = Filmed::new().await;
    let making = Making::begin(&filmed);
    let told = export(&mut filmed, json!({"items": [stretch(25 * PICTURE, 70 * PICTURE)]})).await;
    assert_eq!(
        (&told["state"], &told["progress"], &told["missing"]),
        (&json!("done"), &json!(1.0), &json!([])),
        "{told}"
    );
    assert_eq!(told["file_name"], "Ngo-7_2026-11-22_22-00-02_GMT+7.mp4");
    let reply = file(&mut filmed, &told).await;
    assert_eq!(reply.header("content-type"), Some("video/mp4"));
    let saved = "attachment; filename=\"Ngo-7_2026-11-22_22-00-02_GMT+7.mp4\"";
    assert_eq!(reply.header("content-disposition"), Some(saved));
    assert_eq!(
        (told["bytes"].as_u64(), &told["sha256"]),
        (Some(reply.body.len() as u64), &json!(hex(&reply.body)))
    );
    let clip = filmed.get(&filmed.path("clip.mp4", 25 * PICTURE, 70 * PICTURE)).await;
    assert_eq!(reply.body, clip.body);
    assert_eq!(filmed.shown(&reply), &filmed.clip.decoded[25..70]);
    let estimate = told["estimate"].as_u64().expect("bytes");
    assert!(estimate.abs_diff(reply.body.len() as u64) < 4096, "{estimate}");

    let url = told["url"].as_str().expect("an address");
    let part = filmed.part(url, "bytes=100-199").await;
    assert_eq!((part.status, &part.body[..]), (206, &reply.body[100..200]));
    let tag = reply.header("etag").expect("a tag").to_owned();
    assert_eq!(filmed.client.send("GET", url, &[("If-None-Match", &tag)], None).await.status, 304);
    assert_eq!(filmed.part(url, "bytes=999999999-").await.status, 416);
    making.end().await;
}

#[tokio::test]
async fn a_stretch_with_a_gap_is_a_zip_with_a_part_for_each_side_and_proofs() {
    let mut filmed = Filmed::new().await;
    let making = Making::begin(&filmed);
    let told = export(&mut filmed, json!({"items": [stretch(0, END)], "reason": " Mất xe "})).await;
    assert_eq!((&told["state"], &told["reason"]), (&json!("done"), &json!("Mất xe")), "{told}");
    let gap = now() + BEFORE as i64 * PICTURE;
    let missing = json!({"camera": told["items"][0]["camera"], "from": gap.rfc3339(),
        "to": (gap + GAP * TICKS_PER_SECOND).rfc3339(), "cause": "camera_lost"});
    assert_eq!(told["missing"], json!([missing]));
    let reply = file(&mut filmed, &told).await;
    assert_eq!(
        (reply.header("content-type"), &told["sha256"]),
        (Some("application/zip"), &json!(hex(&reply.body)))
    );
    let files = unpacked(&filmed, &reply.body);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let parts = ["Ngo-7_2026-11-22_22-00-00_GMT+7.mp4", "Ngo-7_2026-11-22_22-00-13_GMT+7.mp4"];
    assert_eq!(names, [parts[0], parts[1], "SHA256SUMS", "manifest.json", "verify.html"]);
    for (part, pictures) in parts.iter().zip([&filmed.clip.decoded[..BEFORE], &filmed.clip.decoded[BEFORE..]])
    {
        let path = filmed.bench.folder.path().join("unpacked").join(part);
        assert_eq!(decoded(path.to_str().expect("a plain path")), pictures, "{part}");
        let moov = files[*part].windows(4).position(|w| w == b"moov");
        let mdat = files[*part].windows(4).position(|w| w == b"mdat");
        assert!(moov < mdat, "{part} can be played from its beginning");
    }
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).expect("JSON");
    assert_eq!(manifest["missing"], json!([missing]));
    assert_eq!(manifest["files"][1]["sha256"], hex(&files[parts[1]]));
    // The chain of the segment that the recorder has.
    let origin = &manifest["files"][0]["origins"][0];
    let id = origin["segment"].as_str().expect("an id").parse().expect("an id");
    let segment =
        filmed.bench.catalogue.segment(Scope::everything(), id).await.expect("catalogue").expect("a segment");
    let chain: String = segment.chain_hash.expect("sealed").iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(origin["blake3_chain"], chain);
    making.end().await;
}

#[tokio::test]
async fn what_it_would_be_is_told_before() {
    let mut filmed = Filmed::new().await;
    let told =
        filmed.client.post("/api/v1/exports:estimate", json!({"items": [stretch(0, END)]})).await.json();
    assert_eq!(
        (&told["files"], &told["seconds"], &told["fits"]),
        (&json!(2), &json!(14.0), &json!(true)),
        "{told}"
    );
    assert_eq!(told["missing"][0]["cause"], "camera_lost");
    let making = Making::begin(&filmed);
    let made = export(&mut filmed, json!({"items": [stretch(0, END)]})).await;
    assert_eq!(made["estimate"], told["bytes"]);
    making.end().await;

    let inside = BEFORE as i64 * PICTURE + TICKS_PER_SECOND;
    for (status, code, body) in [
        (404, "no_recording", json!({"items": [stretch(inside, inside + TICKS_PER_SECOND)]})),
        (
            404,
            "not_found",
            json!({"items": [{"camera": "ngo-8", "from": now().rfc3339(), "to": (now() + 1000).rfc3339()}]}),
        ),
        (422, "invalid", json!({"items": []})),
        (422, "invalid", json!({"items": [stretch(PICTURE, PICTURE)]})),
        (422, "invalid", json!({"items": [stretch(2 * END, 3 * END)]})),
        (422, "invalid", json!({"items": [stretch(0, END)], "reason": "x".repeat(501)})),
        (422, "invalid", json!({"items": [stretch(0, END)], "burn_time": true})),
    ] {
        let reply = filmed.client.post("/api/v1/exports", body.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
    }
}

#[tokio::test]
async fn the_same_request_twice_is_one_export_and_a_job_can_be_canceled() {
    let mut filmed = Filmed::new().await;
    let (body, key) = (json!({"items": [stretch(0, END)]}), [("Idempotency-Key", "k1")]);
    let send = async |filmed: &mut Filmed, body: Value| {
        filmed.client.send("POST", "/api/v1/exports", &key, Some(body)).await
    };
    let first = send(&mut filmed, body.clone()).await;
    let again = send(&mut filmed, body).await;
    assert_eq!((again.status, &again.json()["id"]), (202, &first.json()["id"]));
    let other = send(&mut filmed, json!({"items": [stretch(PICTURE, END)]})).await;
    assert_eq!((other.status, other.code().as_str()), (422, "invalid"));
    let job = first.header("location").expect("a place").to_owned();
    let told = filmed.get(&job).await.json();
    assert_eq!(
        (&told["kind"], &told["state"], &told["result"]),
        (&json!("export"), &json!("queued"), &json!(null))
    );
    // Nobody makes exports: it waits, until somebody does not want it any more.
    assert_eq!(filmed.client.send("DELETE", &job, &[], None).await.status, 204);
    assert_eq!(filmed.client.send("DELETE", &job, &[], None).await.code(), "conflict");
    assert_eq!(filmed.get(&job).await.json()["state"], "canceled");
    let path = format!("/api/v1/exports/{}", first.json()["id"].as_str().expect("an id"));
    assert_eq!(filmed.client.get(&format!("{path}/file")).await.code(), "conflict");

    let making = Making::begin(&filmed);
    let next = export(&mut filmed, json!({"items": [stretch(0, END)]})).await;
    assert_eq!(next["state"], "done", "the canceled one stands in nobody's way");
    let page = filmed.get("/api/v1/exports?limit=1").await.json();
    assert_eq!(page["items"][0]["id"], next["id"], "newest first");
    let cursor = page["next_cursor"].as_str().expect("there is more");
    let rest = filmed.get(&format!("/api/v1/exports?cursor={cursor}")).await.json();
    assert_eq!((&rest["items"][0]["id"], &rest["next_cursor"]), (&first.json()["id"], &json!(null)));

    let gone = format!("/api/v1/exports/{}", next["id"].as_str().expect("an id"));
    assert_eq!(filmed.client.send("DELETE", &gone, &[], None).await.status, 204);
    assert_eq!(filmed.client.get(&gone).await.status, 404);
    let left = std::fs::read_dir(filmed.bench.folder.path().join("exports")).expect("a folder").count();
    assert_eq!(left, 0, "its file is gone");
    making.end().await;
}

#[tokio::test]
async fn what_a_stop_cut_off_is_made_anew_but_not_for_ever() {
    let mut filmed = Filmed::new().await;
    let begun = filmed.client.post("/api/v1/exports", json!({"items": [stretch(0, END)]})).await.json();
    let id = begun["id"].as_str().expect("an id").parse().expect("an id");
    let catalogue = filmed.bench.catalogue.clone();
    let folder = filmed.bench.folder.path().join("exports");
    // As a crash leaves it: begun, and half a file.
    assert!(catalogue.begin_export(id).await.expect("begun"));
    #[expect(clippy::disallowed_methods, reason = "what a crash would leave")]
    std::fs::write(folder.join(format!("{id}.part")), b"half").expect("written");
    let state =
        async || catalogue.export(Scope::everything(), id).await.expect("catalogue").expect("a row").state;
    let making = Making::begin(&filmed);
    while !state().await.is_over() {
        tokio::task::yield_now().await;
    }
    making.end().await;
    assert_eq!(state().await, ExportState::Done);
    assert!(!folder.join(format!("{id}.part")).exists());

    let begun = filmed.client.post("/api/v1/exports", json!({"items": [stretch(0, END)]})).await.json();
    let id = begun["id"].as_str().expect("an id").parse().expect("an id");
    for _ in 0..2 {
        assert!(catalogue.begin_export(id).await.expect("begun"));
        catalogue.exports_again(2).await.expect("looked through");
    }
    let row = catalogue.export(Scope::everything(), id).await.expect("catalogue").expect("a row");
    assert_eq!((row.state, row.problem.as_deref()), (ExportState::Failed, Some("interrupted")));
}

#[tokio::test]
async fn old_exports_go_by_themselves_and_footage_that_is_gone_is_told() {
    let mut filmed = Filmed::new().await;
    let making = Making::begin(&filmed);
    let old = export(&mut filmed, json!({"items": [stretch(0, END)]})).await;
    filmed.bench.clock.advance(8 * 86_400 * TICKS_PER_SECOND);
    // The footage's files vanish while the catalogue still names them.
    std::fs::remove_dir_all(filmed.bench.folder.path().join("footage/media")).expect("removed");
    let failed = export(&mut filmed, json!({"items": [stretch(PICTURE, END)]})).await;
    assert_eq!((&failed["state"], &failed["url"]), (&json!("failed"), &json!(null)), "{failed}");
    assert_eq!(failed["problem"], "no_recording");
    let path = format!("/api/v1/exports/{}", old["id"].as_str().expect("an id"));
    assert_eq!(filmed.client.get(&path).await.status, 404, "a week is over");
    let left = std::fs::read_dir(filmed.bench.folder.path().join("exports")).expect("a folder").count();
    assert_eq!(left, 0);
    making.end().await;
}
