//! Pure. The file header: who filmed what and when, inside every file.

use uuid::Uuid;

use super::boxes::BoxWriter;
use crate::base::{CameraId, DatabaseId, SegmentId, StreamId, StreamKind, Ticks};

/// Extended type of the `uuid` box that holds the header.
const KIND: Uuid = Uuid::from_u128(0x6c61_6e65_7761_7463_8001_6865_6164_6572);
const VERSION: u8 = 1;

/// What a file says of itself; enough to rebuild its catalogue row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHeader {
    /// The catalogue it was written for.
    pub database: DatabaseId,
    /// The camera.
    pub camera: CameraId,
    /// The camera's name when the file was begun, for whoever finds a bare disk.
    pub camera_name: String,
    /// The stream.
    pub stream: StreamId,
    /// Which encoding it is.
    pub kind: StreamKind,
    /// The file's own id.
    pub segment: SegmentId,
    /// Start of its first access unit.
    pub start: Ticks,
    /// Run it belongs to.
    pub run: u64,
    /// Codec strings (RFC 6381): video, and audio if there is some.
    pub codecs: (String, Option<String>),
}

impl FileHeader {
    pub(super) fn write(&self, w: &mut BoxWriter) {
        w.nest(b"uuid", |w| {
            w.bytes(KIND.as_bytes());
            w.u8(VERSION);
            w.bytes(self.database.0.as_bytes());
            w.bytes(self.camera.0.as_bytes());
            w.bytes(self.stream.0.as_bytes());
            w.bytes(self.segment.0.as_bytes());
            w.u8(match self.kind {
                StreamKind::Main => 0,
                StreamKind::Sub => 1,
            });
            w.u64(self.start.0 as u64);
            w.u64(self.run);
            text(w, &self.codecs.0);
            text(w, self.codecs.1.as_deref().unwrap_or(""));
            text(w, &self.camera_name);
        });
    }

    /// Reads the content of a `uuid` box; `None` when it is another kind or cut short.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let rest = content.strip_prefix(KIND.as_bytes())?;
        let (version, rest) = rest.split_first()?;
        if *version != VERSION {
            return None;
        }
        let mut rest = rest;
        let database = DatabaseId(take_uuid(&mut rest)?);
        let camera = CameraId(take_uuid(&mut rest)?);
        let stream = StreamId(take_uuid(&mut rest)?);
        let segment = SegmentId(take_uuid(&mut rest)?);
        let kind = match take(&mut rest, 1)?[0] {
            0 => StreamKind::Main,
            1 => StreamKind::Sub,
            _ => return None,
        };
        let start = Ticks(u64::from_be_bytes(take(&mut rest, 8)?.try_into().ok()?) as i64);
        let run = u64::from_be_bytes(take(&mut rest, 8)?.try_into().ok()?);
        let video = take_text(&mut rest)?;
        let audio = Some(take_text(&mut rest)?).filter(|t| !t.is_empty());
        let camera_name = take_text(&mut rest)?;
        Some(Self {
            database,
            camera,
            camera_name,
            stream,
            kind,
            segment,
            start,
            run,
            codecs: (video, audio),
        })
    }
}

fn text(w: &mut BoxWriter, value: &str) {
    let value = &value.as_bytes()[..value.floor_char_boundary(1000)];
    w.u16(value.len() as u16);
    w.bytes(value);
}

fn take<'a>(rest: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(n)?;
    *rest = tail;
    Some(head)
}

fn take_uuid(rest: &mut &[u8]) -> Option<Uuid> {
    Uuid::from_slice(take(rest, 16)?).ok()
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = u16::from_be_bytes(take(rest, 2)?.try_into().ok()?);
    String::from_utf8(take(rest, usize::from(length))?.to_vec()).ok()
}
