//! Pictures of events, small and large.

use bytes::Bytes;

use super::store::Command;
use crate::base::{CameraId, Error, EventId, Result, Ticks};
use crate::catalogue::sql::{damaged, statements, uuid};
use crate::catalogue::{Catalogue, Scope};

statements! {
    PICTURE = "select p.at_90k, p.jpeg, c.id from picture p join camera c on c.key = p.camera_key \
        where p.event = ?1 and p.size = ?2";
    SIZES = "select p.event, p.size, c.id from picture p join camera c on c.key = p.camera_key \
        where p.event in (select unhex(value) from json_each(?1))";
}

/// How large a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// For a list: at most 64 KiB.
    Small,
    /// To look at: at most 1 MiB.
    Large,
}

impl PictureSize {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Small => 0,
            Self::Large => 1,
        }
    }

    /// Longest file, in bytes.
    pub const fn most_bytes(self) -> usize {
        match self {
            Self::Small => 64 << 10,
            Self::Large => 1 << 20,
        }
    }
}

/// A picture of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// When it was taken.
    pub at: Ticks,
    /// A JPEG file.
    pub jpeg: Bytes,
}

impl Catalogue {
    /// Keeps a picture of an event, in the place of an earlier one of that size. Returns at once; the picture is lost
    /// when the motion file cannot be written (logged).
    ///
    /// # Errors
    /// `Invalid` when it is no JPEG or too large; `TooMany` when pictures come faster than they can be written.
    pub fn put_picture(
        &self,
        event: EventId,
        camera: CameraId,
        size: PictureSize,
        picture: Picture,
    ) -> Result<()> {
        let Picture { at, jpeg } = picture;
        // JFIF and Exif begin alike: SOI and a marker (ITU-T T.81 annex B).
        if !jpeg.starts_with(&[0xFF, 0xD8, 0xFF]) || jpeg.len() > size.most_bytes() {
            let most = size.most_bytes() >> 10;
            return Err(Error::invalid(format!("a picture of an event is a JPEG of at most {most} KiB")));
        }
        let command = Command::Picture { event, camera, size, at, jpeg };
        let full =
            || Error::new(crate::base::Kind::TooMany, "the motion file does not keep up with pictures");
        self.inner.motion.queue.try_send(command).map_err(|_| full())
    }

    /// A picture of an event, if it has one of that size.
    ///
    /// # Errors
    /// When the motion file cannot be read.
    pub async fn picture(&self, scope: &Scope, event: EventId, size: PictureSize) -> Result<Option<Picture>> {
        let query = sqlx::query_as(PICTURE).bind(event.0.as_bytes().to_vec()).bind(size.code());
        let row: Option<(i64, Vec<u8>, Vec<u8>)> =
            self.read_motion(|pool| async move { query.fetch_optional(&pool).await }).await?.flatten();
        let Some((at, jpeg, camera)) = row else { return Ok(None) };
        let picture = Picture { at: Ticks(at), jpeg: jpeg.into() };
        Ok(scope.sees(CameraId(uuid(&camera)?)).then_some(picture))
    }

    /// Which pictures there are of some events.
    ///
    /// # Errors
    /// When the motion file cannot be read.
    pub async fn pictures(&self, scope: &Scope, events: &[EventId]) -> Result<Vec<(EventId, PictureSize)>> {
        let list: Vec<String> = events.iter().map(|event| event.0.simple().to_string()).collect();
        let query = sqlx::query_as(SIZES).bind(serde_json::Value::from(list).to_string());
        type Row = (Vec<u8>, i64, Vec<u8>);
        let rows: Option<Vec<Row>> =
            self.read_motion(|pool| async move { query.fetch_all(&pool).await }).await?;
        let each = |(event, size, camera): Row| {
            if !scope.sees(CameraId(uuid(&camera)?)) {
                return Ok(None);
            }
            let size = match size {
                0 => PictureSize::Small,
                1 => PictureSize::Large,
                _ => return Err(damaged("a picture")),
            };
            Ok(Some((EventId(uuid(&event)?), size)))
        };
        rows.unwrap_or_default().into_iter().map(each).filter_map(Result::transpose).collect()
    }
}
