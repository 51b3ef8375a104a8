//! Rebuilding: rows made from what the files say, with their original ids.

use super::Catalogue;
use super::camera::Camera;
use super::camera_write::{NewCamera, StreamRow, announce, insert, put_stream};
use super::day;
use super::names::camera_key;
use super::segment::seal;
use super::sql::{failed, statements};
use super::types::SealedSegment;
use super::writer::{Change, Write};
use crate::base::{CameraId, Error, Result, StreamId, StreamKind};

statements! {
    STREAM_KNOWN = "select count(*) from stream where id = ?1";
}

/// Stands where an address was lost; the camera is disabled until somebody gives the right one.
const LOST_URL: &str = "rtsp://address-was-lost.invalid/";

/// A camera known from its files only.
#[derive(Clone, Debug)]
pub struct AdoptedCamera {
    /// As in the files.
    pub id: CameraId,
    /// As in the files, or made up.
    pub name: String,
    /// Those that have files.
    pub streams: Vec<AdoptedStream>,
}

/// A stream known from its files only.
#[derive(Clone, Copy, Debug)]
pub struct AdoptedStream {
    /// As in the files.
    pub id: StreamId,
    /// Main or sub.
    pub kind: StreamKind,
}

struct AdoptCamera(AdoptedCamera);

impl Change for AdoptCamera {
    type Answer = Camera;
    const NAME: &'static str = "adopt_camera";

    async fn apply(&self, w: &mut Write) -> Result<Camera> {
        let adopted = &self.0;
        let lost = LOST_URL.parse()?;
        let new = NewCamera { enabled: false, ..NewCamera::new(adopted.name.clone(), lost) };
        let known = camera_key(w, adopted.id).await?;
        if known.is_none() && adopted.streams.is_empty() {
            return Err(Error::invalid("a camera without streams cannot be adopted"));
        }
        let key = match known {
            Some(key) => key,
            None => insert(w, adopted.id, &new).await?,
        };
        for stream in &adopted.streams {
            let query = sqlx::query_scalar(STREAM_KNOWN).bind(stream.id.0.as_bytes().as_slice());
            if query.fetch_one(&mut w.conn).await.map(|n: i64| n > 0).map_err(failed)? {
                continue;
            }
            let row = StreamRow {
                id: stream.id,
                kind: stream.kind,
                url: &new.main_url,
                recorded: true,
                min_days: None,
                max_days: None,
                group: &new.group,
            };
            put_stream(w, key, row).await?;
        }
        announce(w, adopted.id).await
    }
}

struct AdoptSegments(Vec<SealedSegment>);

impl Change for AdoptSegments {
    type Answer = ();
    const NAME: &'static str = "adopt_segments";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        for segment in &self.0 {
            // 0: which start of the service wrote it is not in the file.
            let touched = seal(w, segment, 0).await?;
            day::recompute(w, segment.new.stream, touched).await?;
        }
        Ok(())
    }
}

impl Catalogue {
    /// Adds a camera as its files know it, disabled and without address. A camera that is there gets only the
    /// streams it lacks.
    ///
    /// # Errors
    /// `Invalid` for a new camera without streams; when the catalogue cannot be written.
    pub async fn insert_adopted_camera(&self, camera: AdoptedCamera) -> Result<Camera> {
        self.inner.queue.ask(AdoptCamera(camera)).await
    }

    /// Adds complete files that have no row, in one transaction. Their volumes and streams must be there.
    ///
    /// # Errors
    /// When one of them is refused (then none is added), or the catalogue cannot be written.
    pub async fn insert_adopted_segments(&self, segments: Vec<SealedSegment>) -> Result<()> {
        self.inner.queue.ask(AdoptSegments(segments)).await
    }
}
