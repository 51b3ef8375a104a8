//! The order of the cameras on the wall, set as a whole: one change for what a person moved, seen by all at once.

use super::Catalogue;
use super::camera::{Camera, load};
use super::camera_write::{announce, not_found};
use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use crate::base::{CameraId, Error, Result};

statements! {
    IDS = "select id from camera where deleted_90k is null order by ord, key";
    PUT = "update camera set ord = ?2, revision = (select max(revision) + 1 from camera) where id = ?1 and ord <> ?2";
}

/// Pure. The order of all when `first` come first: the others follow as they stood. `None` when one is not there.
fn ordered(all: &[CameraId], first: &[CameraId]) -> Option<Vec<CameraId>> {
    let mut order = Vec::with_capacity(all.len());
    for id in first {
        if !all.contains(id) {
            return None;
        }
        if !order.contains(id) {
            order.push(*id);
        }
    }
    order.extend(all.iter().filter(|id| !first.contains(id)));
    Some(order)
}

struct Order(Vec<CameraId>);

impl Change for Order {
    type Answer = Vec<Camera>;
    const NAME: &'static str = "order_cameras";

    async fn apply(&self, w: &mut Write) -> Result<Vec<Camera>> {
        let ids: Vec<Vec<u8>> = sqlx::query_scalar(IDS).fetch_all(&mut w.conn).await.map_err(failed)?;
        let all = ids.iter().map(|id| uuid(id).map(CameraId)).collect::<Result<Vec<_>>>()?;
        let order = ordered(&all, &self.0).ok_or_else(|| {
            Error::invalid(
                "one of these cameras is not there any more; load them again and repeat the change",
            )
        })?;
        let mut cameras = Vec::with_capacity(order.len());
        for (n, id) in order.into_iter().enumerate() {
            let query = sqlx::query(PUT).bind(id.0.as_bytes().to_vec()).bind(n as i64 + 1);
            let moved = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0;
            cameras.push(match moved {
                true => announce(w, id).await?,
                false => load(w, id).await?.ok_or_else(|| not_found(id))?,
            });
        }
        Ok(cameras)
    }
}

impl Catalogue {
    /// Puts these cameras first on the wall, in this order; all others follow as they stood. Answers all of them.
    ///
    /// # Errors
    /// `Invalid` when one is not there; when the catalogue cannot be written.
    pub async fn order_cameras(&self, first: Vec<CameraId>) -> Result<Vec<Camera>> {
        self.inner.queue.ask(Order(first)).await
    }
}
