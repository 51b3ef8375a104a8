//! lanewatch: a video recorder for the lanes of a village.
//!
//! It pulls the cameras' RTSP streams, records them in segments on disk, indexes these in a SQLite catalogue, and
//! serves live view and playback through an HTTP API and a web app. Recording comes first: nothing a viewer, a
//! database lock or a full log does may cost a recorded frame.
//!
//! # The map
//!
//! Rooms stand on floors; arrows point down only, and rooms on one floor do not know each other (`tests/house.rs`
//! keeps it so). Each room owns outside things that nobody else names. A room's `mod.rs` says what it is for, what
//! always holds there, and what it does not do.
//!
//! | floor | room | for | owns |
//! |---|---|---|---|
//! | 5 | `app` `cli` `lifecycle` `main` | builds each room once, in order; signals; stop order | runtimes, the log's subscriber |
//! | 4 | [`http`] | routes, extractors, one file per resource, OpenAPI, the web app's files | axum, hyper |
//! | 3 | [`record`] | when to cut, what to write, recovery at start, the gap ledger, check and rebuild | – |
//! | 3 | [`retention`] | how long footage stays: by room and by days, clock trust, the sweep that deletes | – |
//! | 3 | [`playback`] | from a range of time to bytes: lists, HLS, MP4, key frames, live chunks, exports | zip |
//! | 3 | [`detect`] | what moves, where it counts, events, their pictures, cameras made blind | rten (feature `objects`) |
//! | 3 | [`alert`] | who is told of what, when, how often: rules, dispatch, deliveries, Web Push and other channels | ring, rustls, clients to the outside |
//! | 3 | [`auth`] | people: roles, invites, passwords, sessions, tokens; who may do what on which cameras | argon2 |
//! | 3 | [`tls`] | certificates: an authority of the recorder's own, files, a public authority; connections made secret | rustls, rcgen, instant-acme |
//! | 2 | [`ingest`] | RTSP sessions, camera clocks and quirks, reconnecting; finding cameras | retina, ONVIF's XML |
//! | 2 | [`catalogue`] | the SQLite index: every SQL string, one writer, many readers | sqlx, `migrations/` |
//! | 2 | [`storage`] | volumes, segment files, fsync, unlink, positioned reads | the file system |
//! | 2 | [`vision`] | pictures out of access units, in a confined worker process | FFmpeg, image, Landlock, seccomp |
//! | 1 | [`config`] | what the file says → what the program may rely on | toml |
//! | 1 | [`media`] | access units, parameters, NAL, fMP4 written and read | box and NAL bytes |
//! | 1 | [`hub`] | ring of recent GOPs per stream, cursors, status | memory of recent media |
//! | 0 | [`base`] | ticks, clock, ids, errors, secrets, tasks | wall clock, chrono, spawning |
//!
//! # Words
//!
//! - **camera**: a device. **stream**: its *main* or *sub* encoding. **session**: one RTSP connection.
//!   **run**: unbroken media of one session with one set of parameters.
//! - **access unit**: all NALs of one picture with one timestamp. **sample**: the same, written in a file.
//!   **GOP**: a random access point up to the next.
//! - **decoder parameters**: SPS, PPS, VPS, size, codec string. **init segment**: `ftyp moov` for one set of them.
//! - **fragment**: `moof mdat`, at most one second. **link**: the hash box behind it. **segment**: one file, about a
//!   minute, starting at a random access point.
//! - **gap**: a stretch that is not recorded, with its cause. **volume**: a directory on one disk with identity and budget.
//! - **catalogue**: the index. **retention**: the rules of what stays. **sweep**: one pass of deletion. **doomed**: on
//!   its way out, not yet unlinked. **hold**: footage that retention may not touch. **growing**: being written.
//! - **activity**: one picture's motion, as cells of a 32 by 18 grid. **mover**: a thing that makes its way. **zone**: area that
//!   counts. **mask**: area that never counts. **event**: span in which something happened. **snapshot**: one JPEG.
//! - **hub**: where a stream meets its readers. **subscription**: a reader's cursor. **viewer**: one that looks.
//! - **timeline**: what exists between two times. **export**: a file made from segments. **share**: a link to an export for
//!   somebody without an account. **lock**: somebody's word that footage stays; it makes holds. **layout**: a kept wall.
//! - **alert**: a matter that people are told of; of one event or several. **delivery**: an alert for one place. **channel**: a way
//!   to people or machines. **push endpoint**: a browser that is told. **digest**: several alerts in one message. **trouble**:
//!   something that is not as it should be, until it is right again.
//! - **person**: somebody who signs in. **role**: viewer, guard, head or admin; it gives **rights**. **reach**: the cameras and areas
//!   that a person sees. **scope**: the cameras that one question may see. **invite**: a link by which somebody becomes a person.
//!
//! # Three walks
//!
//! **An access unit.** The camera's packet reaches `ingest::session`; retina joins packets to an access unit;
//! `ingest::timeline` gives it a start on our time line; [`hub::Stream::publish`] puts it into the ring under one
//! short lock. The recorder's [`hub::Subscription`] hands it to the segmenter, which says: goes into this fragment;
//! this fragment is full; this segment is full. A full fragment goes as payloads (still the bytes that came off
//! the socket) to the volume's writer thread, which hashes, writes, and syncs once a second. When the segment is
//! sealed on disk its row is sealed in the catalogue. A viewer's [`playback::LiveFeed`] reads the same ring.
//!
//! **An alert.** A `detect::lane` reads the sub stream from the hub like any reader and gives units to the worker of
//! [`vision`]; what comes back, a small grey picture, goes through [`detect::Observer`]: detector (what moves), tracker (what
//! of it is an event, by the zones that were drawn), tamper watch. Cells by second go to the motion file, what moves now to
//! the hub's board, the event with its outbox row to the catalogue in one transaction; `detect::album` adds its pictures,
//! made of the main stream's key frames. [`alert::Dispatch`] reads the outbox from where it left it, asks the rules, and writes
//! alerts, deliveries and its new position in one transaction; [`alert::Deliver`] gives what is due to channels, place by place,
//! and writes what came of it. When nothing arrives anywhere for five minutes, [`alert::Relay`] tells a siren. Home automations
//! hear of it from [`alert::Presence`], which is at the MQTT broker all the time. Whatever dies meanwhile, the next start goes on
//! there.
//!
//! **A playback request.** The handler's signature says which right it needs; with it comes the [`catalogue::Scope`] of whoever
//! asks, without which [`playback::Playback::plan`] finds no segments. It asks the catalogue for those of the range, places their fragments (`playback::plan`, pure), and starts at the random access point before it. The
//! answer is a list for our player, a playlist, or slices streamed from the files with a little read-ahead. What is
//! not yet in a file comes from the ring ([`playback::Playback::tail`]).

pub mod alert;
pub mod app;
pub mod auth;
pub mod base;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod detect;
pub mod http;
pub mod hub;
pub mod ingest;
pub mod lifecycle;
pub mod media;
pub mod playback;
pub mod record;
pub mod retention;
pub mod storage;
pub mod tls;
pub mod vision;
