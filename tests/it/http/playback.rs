//! Footage as players get it: recorded by the real recorder, read back over HTTP, judged by ffmpeg.

use futures::FutureExt;
use lanewatch::base::{Clock as _, StreamKind, TICKS_PER_SECOND, Ticks, TimeRange};
use lanewatch::catalogue::Scope;
use lanewatch::hub::Hub;
use lanewatch::media::{Parameters, VideoParameters};
use lanewatch::playback::{Playback, key_frame_track};
use serde_json::{Value, json};

use super::bench::{Bench, now};
use super::client::Reply;
use super::filmed::{AFTER, BEFORE, Filmed, GAP, GOP, PICTURE};
use crate::support::footage::Picture;

#[tokio::test]
async fn a_clip_starts_on_the_asked_picture_and_ends_before_the_end() {
    let mut filmed = Filmed::new().await;
    // On a picture's first instant, within a picture, on a key picture, within a GOP's last picture.
    for (from, to) in [(34, 50), (30, 31), (0, 80), (39, 41)] {
        for within in [0, PICTURE / 3] {
            let path = filmed.path("clip.mp4", from * PICTURE + within, to * PICTURE);
            let reply = filmed.get(&path).await;
            let wanted = &filmed.clip.decoded[from as usize..to as usize];
            assert_eq!(
                filmed.shown(&reply),
                wanted,
                "pictures {from} to {to}, {within} ticks into the first"
            );
        }
    }
    let reply = filmed.get(&filmed.path("clip.mp4", 34 * PICTURE, 35 * PICTURE - 1000)).await;
    assert_eq!(filmed.shown(&reply), &filmed.clip.decoded[34..35], "less than a picture shows that picture");
}

#[tokio::test]
async fn a_clip_leaves_gaps_out_and_names_them() {
    let mut filmed = Filmed::new().await;
    let end = (BEFORE + AFTER) as i64 * PICTURE + GAP * TICKS_PER_SECOND;
    let reply = filmed.get(&filmed.path("clip.mp4", 0, end)).await;
    assert_eq!(filmed.shown(&reply), filmed.clip.decoded);
    let gap = now() + BEFORE as i64 * PICTURE;
    let named = format!("{}/{};camera_lost", gap.rfc3339(), (gap + GAP * TICKS_PER_SECOND).rfc3339());
    assert_eq!(reply.header("x-lanewatch-gaps"), Some(named.as_str()));

    let from_the_gap = filmed.path("clip.mp4", BEFORE as i64 * PICTURE + TICKS_PER_SECOND, end);
    let reply = filmed.get(&from_the_gap).await;
    assert_eq!(filmed.shown(&reply), &filmed.clip.decoded[BEFORE..]);
    let inside = BEFORE as i64 * PICTURE + TICKS_PER_SECOND;
    let nothing = filmed.client.get(&filmed.path("clip.mp4", inside, inside + TICKS_PER_SECOND)).await;
    assert_eq!((nothing.status, nothing.code().as_str()), (404, "no_recording"));
}

#[tokio::test]
async fn the_same_range_is_the_same_bytes_whole_in_parts_and_exported() {
    let mut filmed = Filmed::new().await;
    let (from, to) = (25 * PICTURE, 125 * PICTURE + GAP * TICKS_PER_SECOND);
    let path = filmed.path("clip.mp4", from, to);
    let whole = filmed.get(&path).await;
    let again = filmed.get(&path).await;
    assert_eq!((&again.body, again.header("etag")), (&whole.body, whole.header("etag")));
    let tag = whole.header("etag").expect("a tag").to_owned();
    let known = filmed.client.send("GET", &path, &[("If-None-Match", &tag)], None).await;
    assert_eq!((known.status, known.body.len()), (304, 0));

    let (total, mut joined) = (whole.body.len(), Vec::new());
    for first in (0..total).step_by(7001) {
        let last = (first + 7000).min(total - 1);
        let part = filmed.part(&path, &format!("bytes={first}-{last}")).await;
        assert_eq!(part.status, 206);
        assert_eq!(part.header("content-range"), Some(&*format!("bytes {first}-{last}/{total}")));
        joined.extend(part.body);
    }
    assert_eq!(joined, whole.body);

    assert_eq!(filmed.exported(from, to), whole.body);
}

#[tokio::test]
async fn a_clip_of_a_growing_file_is_that_of_the_sealed_one() {
    let mut filmed = Filmed::begin().await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..BEFORE], PICTURE as u32).await;
    lane.wait_for_file(now() + 43 * PICTURE).await;
    let path = filmed.path("clip.mp4", 12 * PICTURE, 43 * PICTURE);
    let list = filmed.get(&filmed.path("segments", 12 * PICTURE, 43 * PICTURE)).await.json();
    assert_eq!(list["segments"][0]["complete"], false);
    let growing = filmed.get(&path).await;
    assert_eq!(filmed.shown(&growing), &filmed.clip.decoded[12..43]);
    assert_eq!(filmed.exported(12 * PICTURE, 43 * PICTURE), growing.body);
    lane.end().await;
    // Another playback, which has kept nothing.
    let Bench { catalogue, volumes, .. } = &filmed.bench;
    let playback = Playback::new(catalogue.clone(), volumes.clone(), Hub::new());
    let range = TimeRange::new(now() + 12 * PICTURE, now() + 43 * PICTURE);
    let sealed = playback.clip(Scope::everything(), filmed.source, range).await.expect("a clip");
    assert_eq!(Some(sealed.etag.as_str()), growing.header("etag"));
}

#[tokio::test]
async fn other_players_play_the_hls_playlist_over_a_gap() {
    let mut filmed = Filmed::new().await;
    let end = (BEFORE + AFTER) as i64 * PICTURE + GAP * TICKS_PER_SECOND;
    let path = filmed.path("hls/vod.m3u8", 0, end);
    let reply = filmed.get(&path).await;
    assert_eq!(reply.header("content-type"), Some("application/vnd.apple.mpegurl"));
    let text = reply.text();
    let lines = |start: &str| text.lines().filter(|l| l.starts_with(start)).count();
    assert_eq!((lines("#EXT-X-DISCONTINUITY"), lines("#EXT-X-MAP"), lines("#EXTINF")), (1, 1, 14), "{text}");
    let dates: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:")).collect();
    let after = now() + BEFORE as i64 * PICTURE + GAP * TICKS_PER_SECOND;
    assert_eq!(dates, [now().rfc3339(), after.rfc3339()]);

    let packets = filmed.packets(&path).await;
    assert_eq!(packets.len(), BEFORE + AFTER);
    let keys = packets.iter().enumerate().filter(|(_, (_, key))| *key).map(|(number, _)| number);
    assert!(keys.eq((0..BEFORE + AFTER).step_by(GOP as usize)));
    let filmed_at = |number: usize| {
        let gap = if number < BEFORE { 0 } else { GAP * TICKS_PER_SECOND };
        (number as i64 * PICTURE + gap) as f64 / TICKS_PER_SECOND as f64
    };
    for (number, (time, _)) in packets.iter().enumerate() {
        let after_first = time - packets[0].0;
        assert!((after_first - filmed_at(number)).abs() < 0.001, "picture {number} at {after_first} s");
    }
}

#[tokio::test]
async fn the_master_playlist_leads_to_the_range_and_to_its_key_pictures() {
    let mut filmed = Filmed::new().await;
    // Ends between two milliseconds, within the last picture.
    let end = (BEFORE + AFTER) as i64 * PICTURE + GAP * TICKS_PER_SECOND - 1;
    let path = format!("{}&rendition=main", filmed.path("hls/master.m3u8", 0, end));
    let reply = filmed.get(&path).await;
    assert_eq!(reply.header("content-type"), Some("application/vnd.apple.mpegurl"));
    let text = reply.text();
    let line = |start: &str| text.lines().find_map(|l| l.strip_prefix(start)).expect(start);
    let (media, keys) = (line("#EXT-X-STREAM-INF:"), line("#EXT-X-I-FRAME-STREAM-INF:"));
    let format = format!(",CODECS=\"{}\",RESOLUTION=320x180", filmed.clip.parameters.video.codec_string);
    let bandwidth = |attributes: &str| -> u64 {
        assert!(attributes.contains(&format), "{attributes}");
        let number = attributes.strip_prefix("BANDWIDTH=").and_then(|rest| rest.split(',').next());
        number.and_then(|n| n.parse().ok()).expect("a number")
    };
    // A GOP takes a second; what it holds besides pictures is little.
    let pictures: Vec<u64> = filmed.clip.pictures.iter().map(|p| p.data.len() as u64 * 8).collect();
    let peak = pictures.chunks(GOP as usize).map(|gop| gop.iter().sum::<u64>()).max().expect("GOPs");
    assert!((peak..peak + peak / 10 + 10_000).contains(&bandwidth(media)), "{peak}: {text}");
    let peak = pictures.iter().step_by(GOP as usize).max().expect("key pictures");
    assert!((*peak..peak + peak / 10 + 10_000).contains(&bandwidth(keys)), "{peak}: {text}");

    let folder = "/api/v1/cameras/ngo-7/hls/";
    let (_, iframes) = keys.split_once("URI=\"").expect("an address");
    let iframes = filmed.get(&format!("{folder}{}", iframes.trim_end_matches('"'))).await.text();
    assert_eq!(iframes.lines().filter(|l| l.starts_with("#EXTINF")).count(), 14, "{iframes}");
    assert_eq!(filmed.packets(&path).await.len(), BEFORE + AFTER);
}

#[tokio::test]
async fn the_i_frame_playlist_holds_the_key_pictures_alone() {
    let mut filmed = Filmed::new().await;
    let end = (BEFORE + AFTER) as i64 * PICTURE + GAP * TICKS_PER_SECOND;
    let path = filmed.path("hls/iframes.m3u8", 0, end);
    let text = filmed.get(&path).await.text();
    assert!(text.contains("#EXT-X-I-FRAMES-ONLY\n"), "{text}");
    let mut ranges = text.lines().filter_map(|l| l.strip_prefix("#EXT-X-BYTERANGE:"));
    let mut urls = text.lines().filter(|l| l.starts_with("/api/v1/segments/"));
    let keys: Vec<_> = filmed.clip.pictures.iter().filter(|p| p.key).cloned().collect();
    for key in keys {
        let (range, url) = ranges.next().zip(urls.next()).expect("an entry for each");
        let (bytes, first) = range.split_once('@').expect("length and place");
        let (bytes, first): (u64, u64) = (bytes.parse().expect("number"), first.parse().expect("number"));
        let (url, range) = (url.to_owned(), format!("bytes={first}-{}", first + bytes - 1));
        let part = filmed.part(&url, &range).await;
        assert_eq!((part.status, part.body.len() as u64), (206, bytes));
        assert_eq!(&part.body[4..8], b"moof");
        assert!(part.body.ends_with(&key.data), "the entry ends with its key picture");
    }
    assert_eq!(ranges.next(), None);
}

#[tokio::test]
async fn the_key_frame_track_shows_one_picture_a_step() {
    let mut filmed = Filmed::new().await;
    let end = (BEFORE + AFTER) as i64 * PICTURE + GAP * TICKS_PER_SECOND;
    let keys = |every: usize, from: usize, to: usize| {
        let decoded = &filmed.clip.decoded;
        (from..to).step_by(every).map(|n| decoded[n].clone()).collect::<Vec<_>>()
    };
    let all = keys(10, 0, 140);
    let second = [keys(20, 0, 80), keys(20, 80, 140)].concat();
    let at = keys(10, 30, 31);
    let whole = filmed.path("keyframes.mp4", 0, end);
    let reply = filmed.get(&whole).await;
    assert_eq!((filmed.shown(&reply), reply.header("x-lanewatch-count")), (all, Some("14")));
    let reply = filmed.get(&format!("{whole}&step=PT2S")).await;
    assert_eq!(filmed.shown(&reply), second);
    let instant = (now() + 37 * PICTURE).rfc3339();
    let reply = filmed.get(&format!("/api/v1/cameras/ngo-7/keyframes.mp4?at={instant}")).await;
    assert_eq!(filmed.shown(&reply), at);
}

#[tokio::test]
async fn a_recorded_picture_is_the_one_that_was_shown_then_with_all_that_it_needs() {
    let mut filmed = Filmed::new().await;
    let frame = |ticks: i64| format!("/api/v1/cameras/ngo-7/frame.jpg?t={}", (now() + ticks).rfc3339());
    // The eighth of its group, shown for a while.
    let reply = filmed.get(&frame(37 * PICTURE + PICTURE / 2)).await;
    assert_eq!(
        (reply.text().as_str(), reply.header("content-type")),
        ("8 pictures, 1 key, None wide", Some("image/jpeg"))
    );
    assert_eq!(reply.header("x-lanewatch-at"), Some((now() + 37 * PICTURE).rfc3339().as_str()));
    assert_eq!(reply.header("content-disposition"), None);
    let reply = filmed.get(&format!("{}&w=640&download=1", frame(40 * PICTURE))).await;
    assert_eq!(reply.text(), "1 pictures, 1 key, Some(640) wide");
    assert!(
        reply.header("content-disposition").is_some_and(|v| v.starts_with("attachment; filename=\"ngo-7_"))
    );
    let hole = filmed.client.get(&frame(BEFORE as i64 * PICTURE + TICKS_PER_SECOND)).await;
    assert_eq!((hole.status, hole.code().as_str()), (404, "no_recording"));
    assert_eq!(filmed.client.get(&format!("{}&w=1", frame(0))).await.code(), "invalid");
    assert_eq!(filmed.client.get("/api/v1/cameras/ngo-7/frame.jpg").await.code(), "invalid");
}

#[tokio::test]
async fn the_key_frame_track_is_of_the_small_picture_unless_told_otherwise() {
    let mut filmed = Filmed::begin().await;
    let camera = filmed.client.get("/api/v1/cameras/ngo-7").await;
    let tag = camera.header("etag").expect("a tag").to_owned();
    let sub = json!({"sub_url": "rtsp://10.0.0.7/sub"});
    let changed =
        filmed.client.send("PATCH", "/api/v1/cameras/ngo-7", &[("If-Match", &tag)], Some(sub)).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    for (kind, pictures) in [(StreamKind::Main, 0..20), (StreamKind::Sub, 40..80)] {
        let mut lane = filmed.lane_of(kind).await;
        lane.show(&filmed.clip.pictures[pictures], PICTURE as u32).await;
        lane.end().await;
    }
    let path = filmed.path("keyframes.mp4", 0, 60 * TICKS_PER_SECOND);
    let key = |number: usize| filmed.clip.decoded[number].clone();
    let (small, full) = (vec![key(40), key(50), key(60), key(70)], vec![key(0), key(10)]);
    for (query, wanted) in [("", &small), ("&rendition=sub", &small), ("&rendition=main", &full)] {
        let reply = filmed.get(&format!("{path}{query}")).await;
        assert_eq!(&filmed.shown(&reply), wanted, "{query}");
        assert_eq!(reply.header("x-lanewatch-next"), None);
    }
    let month = filmed.path("keyframes.mp4", 0, 33 * 86_400 * TICKS_PER_SECOND);
    assert_eq!(filmed.client.get(&month).await.code(), "invalid");
    let empty = filmed.path("keyframes.mp4", 10, 10);
    assert_eq!(filmed.client.get(&empty).await.code(), "invalid");
}

#[tokio::test]
async fn the_key_frame_track_is_cut_where_it_grows_too_large() {
    let mut filmed = Filmed::begin().await;
    let mut lane = filmed.lane().await;
    // A tick more than a millisecond's multiple, as a camera's pictures lie.
    let large = vec![Picture { key: true, data: vec![0; 3 << 20].into() }; 12];
    lane.show(&large, TICKS_PER_SECOND as u32 + 1).await;
    lane.end().await;
    let to = (now() + 60 * TICKS_PER_SECOND).rfc3339();
    let (mut from, mut counts) = (now().rfc3339(), Vec::new());
    loop {
        let path = format!("/api/v1/cameras/ngo-7/keyframes.mp4?from={from}&to={to}");
        let reply = filmed.get(&path).await;
        assert!(reply.body.len() < 17 << 20, "{} bytes", reply.body.len());
        counts.push(reply.header("x-lanewatch-count").expect("a number").to_owned());
        let Some(next) = reply.header("x-lanewatch-next") else { break };
        from = next.to_owned();
    }
    assert_eq!(counts, ["5", "5", "2"]);
}

#[tokio::test]
async fn the_key_frame_track_ends_where_another_init_segment_is_needed() {
    let mut filmed = Filmed::begin().await;
    let mut starts = Vec::new();
    for width in [320, 322] {
        let video = VideoParameters { width, ..filmed.clip.parameters.video.clone() };
        filmed.clip.parameters = Parameters::new(video, None);
        starts.push(filmed.bench.clock.now());
        let mut lane = filmed.lane().await;
        lane.show(&filmed.clip.pictures[..20], PICTURE as u32).await;
        lane.end().await;
    }
    let to = (now() + 60 * TICKS_PER_SECOND).rfc3339();
    let (first, second) = (starts[0].rfc3339(), starts[1].rfc3339());
    for (from, next) in [(&first, Some(second.as_str())), (&second, None)] {
        let reply = filmed.get(&format!("/api/v1/cameras/ngo-7/keyframes.mp4?from={from}&to={to}")).await;
        assert_eq!((reply.header("x-lanewatch-count"), reply.header("x-lanewatch-next")), (Some("2"), next));
    }
}

#[tokio::test]
async fn two_answers_of_a_kind_are_made_in_memory_at_once() {
    let mut filmed = Filmed::new().await;
    let Bench { catalogue, volumes, .. } = &filmed.bench;
    let playback = Playback::new(catalogue.clone(), volumes.clone(), Hub::new());
    let source = filmed.source;
    let range = |n: i64| TimeRange::new(now() + n, now() + 20 * PICTURE);
    for kind in ["track", "clip"] {
        let make = |n| match kind {
            "track" => key_frame_track(&playback, Scope::everything(), source, range(n), 1)
                .map(|made| drop(made.expect("a track")))
                .boxed(),
            _ => playback
                .clip(Scope::everything(), source, range(n))
                .map(|made| drop(made.expect("a clip")))
                .boxed(),
        };
        // On a busy machine one of the first two may come further than it was asked to go.
        let mut tries = 0..10;
        let third_waited = loop {
            let Some(n) = tries.next() else { break false };
            let [mut first, mut second, mut third] = [3 * n, 3 * n + 1, 3 * n + 2].map(make);
            // Begun, and not gone on with.
            let mut waits = (&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none();
            for _ in 0..100 {
                filmed.get("/api/v1/cameras/ngo-7").await;
                waits = waits && (&mut third).now_or_never().is_none();
            }
            if waits {
                first.await;
                third.await;
                second.await;
                break true;
            }
        };
        assert!(third_waited, "three are made at once ({kind})");
    }
}

#[tokio::test]
async fn the_list_goes_on_exactly_where_it_stopped() {
    let mut filmed = Filmed::begin().await;
    let mut lane = filmed.lane().await;
    for run in 0..4 {
        // 29.97 pictures a second: a file ends between two milliseconds.
        lane.show(&filmed.clip.pictures[20 * run..20 * run + 11], 3003).await;
        lane.lose(TICKS_PER_SECOND).await;
    }
    lane.end().await;
    let path = filmed.path("segments", 0, 60 * TICKS_PER_SECOND);
    let ids = |list: &Value| -> Vec<Value> {
        list["segments"].as_array().expect("segments").iter().map(|s| s["id"].clone()).collect()
    };
    let all = filmed.get(&path).await.json();
    assert_eq!((ids(&all).len(), &all["next_cursor"]), (4, &Value::Null));
    let (mut seen, mut asked) = (Vec::new(), format!("{path}&limit=1"));
    for _ in 0..4 {
        let page = filmed.get(&asked).await.json();
        seen.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        asked = format!("{path}&limit=1&cursor={cursor}");
    }
    assert_eq!(seen, ids(&all));
    for wrong in ["", "x", "0", "7fffffffffffffff"] {
        let refused = filmed.client.get(&format!("{path}&cursor={wrong}")).await;
        assert_eq!(refused.code(), "invalid", "{wrong}");
    }
}

#[tokio::test]
async fn what_a_client_keeps_is_kept_as_it_was_told() {
    let mut filmed = Filmed::new().await;
    let list = filmed.get(&filmed.path("segments", 0, 60 * TICKS_PER_SECOND)).await.json();
    let segment = list["segments"][0]["url"].as_str().expect("url").to_owned();
    for path in [segment, filmed.path("clip.mp4", 0, 20 * PICTURE)] {
        let first = filmed.get(&path).await;
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = filmed.client.send("GET", &path, &[("If-None-Match", &tag)], None).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        for name in ["etag", "cache-control"] {
            assert_eq!(again.header(name), first.header(name), "{name} of {path}");
        }
    }
}

#[tokio::test]
async fn the_last_second_is_played_from_memory() {
    let mut filmed = Filmed::begin().await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..25], PICTURE as u32).await;
    lane.wait_for_file(now() + 20 * PICTURE).await;
    let list = filmed.get(&filmed.path("segments", 0, 60 * TICKS_PER_SECOND)).await.json();
    let segment = &list["segments"][0];
    assert_eq!(segment["complete"], false);
    let init = filmed
        .get(list["inits"][segment["init"].as_str().expect("hash")]["url"].as_str().expect("url"))
        .await;
    let url = segment["url"].as_str().expect("url").to_owned();
    let fragments = segment["fragments"].as_array().expect("fragments").clone();
    let mut joined = init.body;
    for fragment in &fragments {
        let (offset, bytes) = (fragment[0].as_u64().expect("offset"), fragment[1].as_u64().expect("bytes"));
        joined.extend(filmed.part(&url, &format!("bytes={offset}-{}", offset + bytes - 1)).await.body);
    }
    let tail = list["tail"]["url"].as_str().expect("a tail").to_owned();
    let in_files = Ticks::parse(segment["to"].as_str().expect("end")).expect("time") - now();
    assert!(in_files < 25 * PICTURE, "the last pictures are not in a file yet");
    joined.extend(filmed.get(&tail).await.body);
    let reply = Reply { status: 200, headers: Vec::new(), body: joined };
    assert_eq!(filmed.shown(&reply), &filmed.clip.decoded[..25]);
    lane.end().await;
}
