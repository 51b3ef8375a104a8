//! Pure. What lies beside the footage in a zip: the manifest, the sums, and the page that proves the files.

use serde::Serialize;
use serde_json::{Value, json};

use crate::base::{CameraId, DatabaseId, SegmentId, Ticks, TimeRange, Zone, hex};
use crate::catalogue::{Export, ExportMissing};

/// Names in the zip.
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SUMS: &str = "SHA256SUMS";
pub(super) const PAGE: &str = "verify.html";
/// Where the page keeps its list.
const PLACE: &str = "{\"list\":\"goes here\"}";

/// Where the footage comes from.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: String,
    pub(super) zone: Zone,
    pub(super) database: DatabaseId,
}

/// A segment that a part was taken from. With its chain's last hash the recorder can prove later that the part's pictures
/// are those it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) id: SegmentId,
    pub(super) range: TimeRange,
    pub(super) chain: Option<[u8; 32]>,
}

/// A written MP4.
#[derive(Clone, Debug)]
pub(super) struct PartFile {
    pub(super) name: String,
    pub(super) camera: CameraId,
    pub(super) range: TimeRange,
    pub(super) shown: u64,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
    pub(super) origins: Vec<Origin>,
}

#[derive(Serialize)]
struct Manifest<'a> {
    format: &'static str,
    version: u32,
    made_by: &'static str,
    made_at: String,
    export: String,
    site: Value,
    rendition: &'static str,
    reason: Option<&'a str>,
    asked_by: &'a str,
    asked: Vec<Value>,
    files: Vec<Value>,
    missing: Vec<Value>,
}

fn span(range: TimeRange) -> Value {
    json!({"from": range.from.rfc3339(), "to": range.to.rfc3339()})
}

fn with(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

/// `manifest.json`: what was asked, what there is, what is missing and why, and how each file can be proved.
pub(super) fn manifest(
    export: &Export,
    site: &Site,
    files: &[PartFile],
    missing: &[ExportMissing],
    now: Ticks,
) -> String {
    let origin = |o: &Origin| {
        with(span(o.range), json!({"segment": o.id, "blake3_chain": o.chain.map(|chain| hex(&chain))}))
    };
    let file = |f: &PartFile| {
        let more = json!({
            "name": f.name, "camera": f.camera, "seconds": f.shown as f64 / crate::base::TICKS_PER_SECOND as f64,
            "bytes": f.bytes, "sha256": hex(&f.sha256), "origins": f.origins.iter().map(origin).collect::<Vec<_>>(),
        });
        with(span(f.range), more)
    };
    let made = Manifest {
        format: "lanewatch-export",
        version: 1,
        made_by: concat!("lanewatch ", env!("CARGO_PKG_VERSION")),
        made_at: now.rfc3339(),
        export: export.id.to_string(),
        site: json!({"name": site.name, "time_zone": site.zone.name(), "database": site.database}),
        rendition: export.rendition.name(),
        reason: export.reason.as_deref(),
        asked_by: &export.person,
        asked: export
            .items
            .iter()
            .map(|i| with(span(i.range), json!({"camera": i.camera, "name": i.name, "slug": i.slug})))
            .collect(),
        files: files.iter().map(file).collect(),
        missing: missing
            .iter()
            .map(|m| with(span(m.range), json!({"camera": m.camera, "cause": m.cause.name()})))
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&made).unwrap_or_default();
    text.push('\n');
    text
}

/// `SHA256SUMS`, as `sha256sum -c` reads it.
pub(super) fn sums<'a>(files: impl IntoIterator<Item = (&'a str, [u8; 32])>) -> String {
    files.into_iter().map(|(name, hash)| format!("{}  {name}\n", hex(&hash))).collect()
}

/// `verify.html`: opens in any browser from the disk, without a network, and says which file is whole.
pub(super) fn page(
    export: &Export,
    site: &Site,
    files: &[PartFile],
    missing: &[ExportMissing],
    manifest: (&str, [u8; 32]),
    now: Ticks,
) -> String {
    let wall = |at: Ticks| site.zone.local(at).replacen('_', " ", 1);
    // `2026-11-22 22-14-05`: the hyphens of the time become colons.
    let wall = |at| {
        let text: String = wall(at);
        let (day, time) = text.split_once(' ').unwrap_or((&text, ""));
        format!("{day} {}", time.replace('-', ":"))
    };
    let named = |camera: CameraId| export.items.iter().find(|i| i.camera == camera).map(|i| i.name.as_str());
    let file = |f: &PartFile| {
        json!({"name": f.name, "bytes": f.bytes, "sha256": hex(&f.sha256), "camera": named(f.camera),
            "from": wall(f.range.from), "to": wall(f.range.to)})
    };
    let beside = json!({"name": MANIFEST, "bytes": manifest.0.len(), "sha256": hex(&manifest.1)});
    let gap = |m: &ExportMissing| {
        json!({"camera": named(m.camera), "from": wall(m.range.from), "to": wall(m.range.to),
            "seconds": m.range.seconds(), "cause": m.cause.name()})
    };
    let list = json!({
        "site": site.name, "zone": format!("{} ({})", site.zone.offset(now), site.zone.name()), "made": wall(now),
        "files": files.iter().map(file).chain([beside]).collect::<Vec<_>>(),
        "missing": missing.iter().map(gap).collect::<Vec<_>>(),
    });
    // A name must not end the script that holds it.
    let list = list.to_string().replace('<', "\\u003c");
    include_str!("verify.html").replacen(PLACE, &list, 1)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::{ExportId, StreamKind};
    use crate::catalogue::{ExportItem, ExportState, GapCause};

    fn at(text: &str) -> Ticks {
        Ticks::parse(text).expect("time")
    }

    fn example() -> (Export, Site, Vec<PartFile>, Vec<ExportMissing>) {
        let camera = CameraId(Uuid::nil());
        let range = TimeRange::new(at("2026-11-22T15:00:00Z"), at("2026-11-22T15:05:00Z"));
        let export = Export {
            id: ExportId(Uuid::nil()),
            state: ExportState::Running,
            items: vec![ExportItem { camera, name: "Ngõ </script> 7".into(), slug: "ngo-7".into(), range }],
            rendition: StreamKind::Main,
            reason: None,
            person: "admin".into(),
            created: range.to,
            finished: None,
            attempts: 1,
            estimate_bytes: 0,
            bytes: None,
            missing: vec![],
            file_name: None,
            sha256: None,
            problem: None,
        };
        let site =
            Site { name: "Thôn Đông".into(), zone: Zone::HO_CHI_MINH, database: DatabaseId(Uuid::nil()) };
        let origin = Origin { id: SegmentId(Uuid::nil()), range, chain: Some([0xab; 32]) };
        let file = PartFile {
            name: "Ngo-7.mp4".into(),
            camera,
            range,
            shown: 90_000,
            bytes: 7,
            sha256: [1; 32],
            origins: vec![origin],
        };
        let missing = ExportMissing { camera, range, cause: GapCause::CameraLost };
        (export, site, vec![file], vec![missing])
    }

    #[test]
    fn the_manifest_names_spans_gaps_sums_and_chains() {
        let (export, site, files, missing) = example();
        let text = manifest(&export, &site, &files, &missing, at("2026-11-22T16:00:00Z"));
        let told: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(told["files"][0]["origins"][0]["blake3_chain"], "ab".repeat(32));
        assert_eq!(told["files"][0]["sha256"], "01".repeat(32));
        assert_eq!(told["missing"][0]["cause"], "camera_lost");
        assert_eq!(told["asked"][0]["from"], "2026-11-22T15:00:00.000Z");
        assert_eq!(told["site"]["time_zone"], "Asia/Ho_Chi_Minh");
    }

    #[test]
    fn the_page_holds_its_list_whatever_a_camera_is_called() {
        let (export, site, files, missing) = example();
        let html = page(&export, &site, &files, &missing, ("{}", [2; 32]), at("2026-11-22T16:00:00Z"));
        let list =
            html.split_once("id=\"list\">").expect("a list").1.split_once("</script>").expect("an end").0;
        let list: Value = serde_json::from_str(list).expect("JSON");
        assert_eq!(list["files"][0]["camera"], "Ngõ </script> 7");
        assert_eq!(list["files"][0]["from"], "2026-11-22 22:00:00");
        assert_eq!(list["files"][1]["name"], MANIFEST);
        assert_eq!((&list["missing"][0]["seconds"], &list["site"]), (&json!(300.0), &json!("Thôn Đông")));
        for outside in ["http:", "https:", "src=", "@import", "fetch("] {
            assert!(!html.contains(outside), "{outside}");
        }
    }
}
