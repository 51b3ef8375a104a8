//! Layouts of the wall: which cameras, in which cells, and how fast their pages turn.

use std::str::FromStr;

use serde_json::{Value, json};

use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, camera_write, outbox};
use crate::base::{CameraId, Error, Kind, LayoutId, Result};

statements! {
    /// One row for each of its cameras that is still there, or one without any.
    ALL = "select l.id, l.name, l.grid, l.carousel_s, l.revision, c.id from layout l \
        left join (layout_camera lc join camera c on c.key = lc.camera_key and c.deleted_90k is null) \
        on lc.layout_key = l.key order by l.name, l.key, lc.ord";
    COUNT = "select count(*) from layout";
    NAMESAKES = "select count(*) from layout where name = ?1 and id <> ?2";
    INSERT = "insert into layout (id, name, grid, carousel_s, revision) values (?1, ?2, ?3, ?4, ?5)";
    UPDATE = "update layout set name = ?2, grid = ?3, carousel_s = ?4, revision = ?5 where id = ?1";
    CLEAR = "delete from layout_camera where layout_key = (select key from layout where id = ?1)";
    PUT_CAMERA = "insert into layout_camera (layout_key, ord, camera_key) \
        select l.key, ?2, c.key from layout l join camera c on c.id = ?3 and c.deleted_90k is null where l.id = ?1";
    DELETE = "delete from layout where id = ?1";
}

/// More than anybody finds again in a list.
const MOST: usize = 32;
/// Seconds a page stands: shorter than a person needs to look, longer than a watch lasts.
const CAROUSEL_S: std::ops::RangeInclusive<u32> = 5..=3600;

/// How the cells of a page lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grid {
    /// All cameras at once, as large as they can be.
    #[default]
    Auto,
    /// One large cell and five small ones around it.
    OneAndFive,
    /// Four cells.
    TwoByTwo,
    /// Nine cells.
    ThreeByThree,
    /// Twenty cells.
    FiveByFour,
}

impl Grid {
    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::OneAndFive => "1+5",
            Self::TwoByTwo => "2x2",
            Self::ThreeByThree => "3x3",
            Self::FiveByFour => "5x4",
        }
    }
}

impl FromStr for Grid {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let all = [Self::Auto, Self::OneAndFive, Self::TwoByTwo, Self::ThreeByThree, Self::FiveByFour];
        all.into_iter().find(|grid| grid.name() == name).ok_or_else(|| {
            Error::invalid(format!("{name:?} is no grid of the wall; use auto, 1+5, 2x2, 3x3 or 5x4"))
        })
    }
}

/// A layout to add.
#[derive(Clone, Debug, Default)]
pub struct NewLayout {
    /// As people call it, 1 to 100 characters.
    pub name: String,
    /// How the cells of a page lie.
    pub grid: Grid,
    /// In their order; none: all of the site in the order of the wall.
    pub cameras: Vec<CameraId>,
    /// Seconds until the next page, 5 to 3600; `None`: pages turn by hand.
    pub carousel_s: Option<u32>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct LayoutPatch {
    /// As people call it.
    pub name: Option<String>,
    /// How the cells of a page lie.
    pub grid: Option<Grid>,
    /// In their order.
    pub cameras: Option<Vec<CameraId>>,
    /// Seconds until the next page; `Some(None)`: by hand.
    pub carousel_s: Option<Option<u32>>,
}

/// A layout that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// For ever and over all sites.
    pub id: LayoutId,
    /// As people call it.
    pub name: String,
    /// How the cells of a page lie.
    pub grid: Grid,
    /// In their order, without removed ones; none: all of the site.
    pub cameras: Vec<CameraId>,
    /// Seconds until the next page; `None`: pages turn by hand.
    pub carousel_s: Option<u32>,
    /// Counts the changes of this layout.
    pub revision: i64,
}

type Row = (Vec<u8>, String, String, Option<u32>, i64, Option<Vec<u8>>);

/// A grid that only a newer program knows shows all cameras.
fn layouts(rows: Vec<Row>) -> Result<Vec<Layout>> {
    let mut all: Vec<Layout> = Vec::new();
    for (id, name, grid, carousel_s, revision, camera) in rows {
        let id = LayoutId(uuid(&id)?);
        if all.last().is_none_or(|last| last.id != id) {
            let (grid, cameras) = (grid.parse().unwrap_or_default(), Vec::new());
            all.push(Layout { id, name, grid, cameras, carousel_s, revision });
        }
        if let (Some(camera), Some(last)) = (camera, all.last_mut()) {
            last.cameras.push(CameraId(uuid(&camera)?));
        }
    }
    Ok(all)
}

async fn load(w: &mut Write, id: LayoutId) -> Result<Layout> {
    let rows: Vec<Row> = sqlx::query_as(ALL).fetch_all(&mut w.conn).await.map_err(failed)?;
    layouts(rows)?.into_iter().find(|layout| layout.id == id).ok_or_else(|| not_found(id))
}

fn not_found(id: LayoutId) -> Error {
    Error::not_found(format!("there is no layout {id}; it may have been removed"))
}

/// Refuses what makes no sense, and a name that is taken.
async fn check(w: &mut Write, layout: &mut Layout) -> Result<()> {
    layout.name = camera_write::checked_name(&layout.name).map_err(|_| {
        Error::invalid("a layout's name has 1 to 100 characters on one line; give it another")
    })?;
    if layout.carousel_s.is_some_and(|s| !CAROUSEL_S.contains(&s)) {
        return Err(Error::invalid("carousel_s is 5 to 3600 seconds, or null; give another"));
    }
    let query = sqlx::query_scalar(NAMESAKES).bind(layout.name.clone()).bind(bytes(layout.id));
    match query.fetch_one(&mut w.conn).await.map_err(failed)? {
        0_i64 => Ok(()),
        _ => {
            let sentence =
                format!("there is a layout named {:?} already; give this one another name", layout.name);
            Err(Error::invalid(sentence))
        }
    }
}

fn bytes(id: LayoutId) -> Vec<u8> {
    id.0.as_bytes().to_vec()
}

/// Writes its cameras anew and tells followers; answers the layout.
async fn put(w: &mut Write, layout: Layout) -> Result<Layout> {
    sqlx::query(CLEAR).bind(bytes(layout.id)).execute(&mut w.conn).await.map_err(failed)?;
    for (n, camera) in layout.cameras.iter().enumerate() {
        if layout.cameras[..n].contains(camera) {
            return Err(Error::invalid("a camera is twice in this layout; name it once"));
        }
        let query = sqlx::query(PUT_CAMERA).bind(bytes(layout.id)).bind(n as i64);
        let query = query.bind(camera.0.as_bytes().to_vec());
        if query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() == 0 {
            return Err(camera_write::not_found(*camera));
        }
    }
    outbox::put(w, "layout", layout.id.0, public(&layout)).await?;
    Ok(layout)
}

fn public(layout: &Layout) -> Value {
    json!({
        "name": layout.name, "grid": layout.grid.name(), "cameras": layout.cameras,
        "carousel_s": layout.carousel_s, "revision": layout.revision,
    })
}

struct Add(NewLayout);

impl Change for Add {
    type Answer = Layout;
    const NAME: &'static str = "add_layout";

    async fn apply(&self, w: &mut Write) -> Result<Layout> {
        let kept: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut w.conn).await.map_err(failed)?;
        if kept as usize >= MOST {
            return Err(Error::invalid(format!("there are {MOST} layouts already; remove one first")));
        }
        let NewLayout { name, grid, cameras, carousel_s } = self.0.clone();
        let mut layout = Layout { id: LayoutId::fresh(w.now), name, grid, cameras, carousel_s, revision: 1 };
        check(w, &mut layout).await?;
        write(w, INSERT, &layout).await?;
        put(w, layout).await
    }
}

async fn write(w: &mut Write, sql: &'static str, layout: &Layout) -> Result<()> {
    let query = sqlx::query(sql)
        .bind(bytes(layout.id))
        .bind(layout.name.clone())
        .bind(layout.grid.name())
        .bind(layout.carousel_s)
        .bind(layout.revision);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

struct Patch {
    id: LayoutId,
    expected: i64,
    patch: LayoutPatch,
}

impl Change for Patch {
    type Answer = Layout;
    const NAME: &'static str = "patch_layout";

    async fn apply(&self, w: &mut Write) -> Result<Layout> {
        let mut layout = load(w, self.id).await?;
        if self.expected != layout.revision {
            let sentence = "the layout was changed meanwhile; load it again and repeat the change";
            return Err(Error::new(Kind::Conflict, sentence));
        }
        let p = self.patch.clone();
        layout.name = p.name.unwrap_or(layout.name);
        layout.grid = p.grid.unwrap_or(layout.grid);
        layout.cameras = p.cameras.unwrap_or(layout.cameras);
        layout.carousel_s = p.carousel_s.unwrap_or(layout.carousel_s);
        layout.revision += 1;
        check(w, &mut layout).await?;
        write(w, UPDATE, &layout).await?;
        put(w, layout).await
    }
}

struct Remove(LayoutId);

impl Change for Remove {
    type Answer = ();
    const NAME: &'static str = "remove_layout";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let gone = sqlx::query(DELETE).bind(bytes(self.0)).execute(&mut w.conn).await.map_err(failed)?;
        if gone.rows_affected() == 0 {
            return Err(not_found(self.0));
        }
        outbox::put(w, "layout_removed", self.0.0, json!({})).await
    }
}

impl Catalogue {
    /// The layouts that are kept, by name, with those of their cameras that may be seen; one that has only others is not
    /// there.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn layouts(&self, scope: &Scope) -> Result<Vec<Layout>> {
        let mut all = layouts(self.read(sqlx::query_as(ALL).fetch_all(self.readers())).await?)?;
        all.retain_mut(|layout| {
            let whole_site = layout.cameras.is_empty();
            layout.cameras.retain(|camera| scope.sees(*camera));
            whole_site || !layout.cameras.is_empty()
        });
        Ok(all)
    }

    /// Keeps a layout.
    ///
    /// # Errors
    /// `Invalid` for what makes no sense or a name that is taken, `NotFound` for a camera that is not there; when the
    /// catalogue cannot be written.
    pub async fn add_layout(&self, layout: NewLayout) -> Result<Layout> {
        self.inner.queue.ask(Add(layout)).await
    }

    /// Changes a layout, if it still has the revision that the caller saw.
    ///
    /// # Errors
    /// As [`add_layout`](Self::add_layout); `Conflict` when the revision is another.
    pub async fn patch_layout(&self, id: LayoutId, expected: i64, patch: LayoutPatch) -> Result<Layout> {
        self.inner.queue.ask(Patch { id, expected, patch }).await
    }

    /// Removes a layout.
    ///
    /// # Errors
    /// `NotFound`; when the catalogue cannot be written.
    pub async fn remove_layout(&self, id: LayoutId) -> Result<()> {
        self.inner.queue.ask(Remove(id)).await
    }
}
