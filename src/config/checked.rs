//! Pure. What the program may rely on.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use toml::Spanned;

use super::place::Place;
use super::raw::{self, ObjectDecoder, Pictures};
use super::tls::{Tls, tls};
use crate::base::{CameraNetworks, Result, Zone};

/// The whole configuration; every value usable as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Address and port of the web interface.
    pub listen: SocketAddr,
    /// Folder of the catalogue, absolute.
    pub data: PathBuf,
    /// Filter of the log, as in `RUST_LOG`.
    pub log: String,
    /// The place.
    pub site: Site,
    /// Folders for footage, at least one; no two lie within each other.
    pub volumes: Vec<Volume>,
    /// How long footage stays, for streams that say nothing else.
    pub retention: Days,
    /// Memory for the recent pictures of one stream, in bytes.
    pub ring_bytes: usize,
    /// How much room exports take, and for how long.
    pub export: Export,
    /// How motion is looked for; `None` = not at all.
    pub detect: Option<Detect>,
    /// Where cameras may be, as far as somebody has said it; see [`Config::camera_networks`].
    pub camera_networks: CameraNetworks,
    /// Where alerts may be sent to.
    pub alert: Alert,
    /// HTTPS; `None` = plain HTTP for everybody, as a proxy stands in front.
    pub tls: Option<Tls>,
}

/// Where alerts may be sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// Hosts in the own network that may be spoken to, as they stand in an address.
    pub local_hosts: Vec<String>,
    /// Where push services can reach whoever runs this: a `mailto:` or `https://` address.
    pub contact: Option<String>,
    /// PEM file of authorities that may have signed the certificates of a mail server or webhook, besides those that the
    /// machine knows.
    pub extra_ca: Option<PathBuf>,
}

/// How much room exports take, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// Bytes that all of them together may take.
    pub budget_bytes: u64,
    /// Days after which they go.
    pub days: u32,
}

/// How motion is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Detect {
    /// Which pictures of small streams are looked at.
    pub pictures: Pictures,
    /// Pictures of a small stream that are looked at in a second, at most.
    pub pictures_per_second: f32,
    /// Processes that decode.
    pub workers: usize,
    /// What a model makes of what moved; `None` = nobody asks.
    pub objects: Option<Objects>,
}

/// A model that says what it was that moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Objects {
    /// An ONNX file, absolute.
    pub model: PathBuf,
    /// A text file with the model's classes, one in a line; absolute.
    pub labels: PathBuf,
    /// How the model's numbers are to be read.
    pub decoder: ObjectDecoder,
    /// Confidence below which nothing is found, 0 to 1.
    pub threshold: f32,
}

/// The place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What people call it; may be empty.
    pub name: String,
    /// Zone of days and schedules.
    pub zone: Zone,
    /// Address that people open, without a slash at its end, when it is not the one listened on.
    pub url: Option<String>,
}

/// A folder for footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Absolute.
    pub path: PathBuf,
    /// Group that streams are assigned to.
    pub group: String,
    /// Bytes of footage it may hold; `None` = what the disk gives.
    pub budget_bytes: Option<u64>,
}

/// How long footage stays, in days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// Kept even when others must go first; `None` = no promise.
    pub min: Option<u32>,
    /// Goes after so many although there is room; `None` = no limit.
    pub max: Option<u32>,
}

/// This machine only: who opens the recorder to the network says so, and has set a password before.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Group of streams and volumes that say nothing else.
const GROUP: &str = "default";
/// Below this a ring could not hold one GOP of a usual camera.
const RING_MIN: u64 = 1 << 20;
/// 16 MiB: a 4 s GOP at 16 Mbit/s, twice.
const RING: usize = 16 << 20;
/// Some hours of one camera: an export is fetched soon after it was made.
const EXPORT_BUDGET: u64 = 20 << 30;
const EXPORT_DAYS: u32 = 7;
/// Above this, memory is lost to a typing mistake.
const RING_MAX: u64 = 1 << 30;
/// Enough to tell a person from leaves; each more costs a decoded picture.
const PICTURES_PER_SECOND: f32 = 5.0;
/// Of a small picture, models are seldom surer; what it finds is only said, and lowers nothing.
const THRESHOLD: f32 = 0.4;
/// Less than this is full after a minute.
const BUDGET_MIN: u64 = 1 << 30;
/// A hundred years.
const DAYS_MAX: i64 = 36_500;

impl Config {
    /// Where cameras may be. Whoever reaches the app of a recorder that only its own machine reaches is on that machine already, and
    /// gains nothing by what it speaks to there; a proxy in front is told by the address that people open.
    pub fn camera_networks(&self) -> CameraNetworks {
        let second = self.tls.as_ref().and_then(|tls| tls.listen);
        let alone = std::iter::once(self.listen).chain(second).all(|address| address.ip().is_loopback());
        match &self.camera_networks {
            CameraNetworks::Usual if alone && self.site.url.is_none() => CameraNetworks::Here,
            said => said.clone(),
        }
    }

    /// Checks the text of a file; `folder` is what relative paths count from.
    pub(super) fn parse(text: &str, file: &Path, folder: &Path, data: Option<&Path>) -> Result<Self> {
        let place = Place { file, text };
        let raw: raw::File = toml::from_str(text).map_err(|e| {
            let message = e.message().trim().replace('\n', "; ");
            place.error(e.span().unwrap_or(0..0), &format!("{message}; correct or remove it"))
        })?;
        let data = match data {
            Some(data) => data.to_path_buf(),
            None => path(&place, raw.data.as_ref(), folder)?.unwrap_or_else(|| folder.join("data")),
        };
        let volumes = volumes(&place, &raw.volume, folder, &data)?;
        Ok(Self {
            listen: listen(&place, raw.listen.as_ref())?,
            log: text_or(&place, raw.log.as_ref(), "log", "info")?,
            site: site(&place, &raw.site)?,
            retention: days(&place, &raw.retention)?,
            ring_bytes: ring(&place, &raw.ring)?,
            export: export(&place, &raw.export)?,
            detect: detect(&place, &raw.detect, folder)?,
            camera_networks: camera_networks(&place, &raw.camera)?,
            alert: alert(&place, &raw.alert, folder)?,
            tls: tls(&place, &raw.tls, folder, raw.site.url.is_some())?,
            volumes,
            data,
        })
    }
}

pub(super) fn text_or(
    place: &Place<'_>,
    value: Option<&Spanned<String>>,
    key: &str,
    default: &str,
) -> Result<String> {
    match value {
        None => Ok(default.to_owned()),
        Some(value) if value.get_ref().trim().is_empty() => {
            Err(place.error(value.span(), &format!("{key} is empty; write a value or remove the line")))
        }
        Some(value) => Ok(value.get_ref().trim().to_owned()),
    }
}

fn listen(place: &Place<'_>, value: Option<&Spanned<String>>) -> Result<SocketAddr> {
    let Some(value) = value else { return Ok(LISTEN) };
    value.get_ref().trim().parse().map_err(|_| {
        let sentence =
            format!("{:?} is no address to listen on; write it like \"0.0.0.0:8080\"", value.get_ref());
        place.error(value.span(), &sentence)
    })
}

pub(super) fn path(
    place: &Place<'_>,
    value: Option<&Spanned<String>>,
    folder: &Path,
) -> Result<Option<PathBuf>> {
    match value {
        None => Ok(None),
        Some(value) if value.get_ref().trim().is_empty() || value.get_ref().contains('\0') => {
            Err(place.error(value.span(), "this is no folder; write a path like \"/srv/lanewatch\""))
        }
        Some(value) => Ok(Some(folder.join(value.get_ref()).components().collect())),
    }
}

fn site(place: &Place<'_>, raw: &raw::Site) -> Result<Site> {
    let zone = match &raw.time_zone {
        None => Zone::HO_CHI_MINH,
        Some(name) => {
            name.get_ref().parse().map_err(|e: crate::base::Error| place.error(name.span(), e.message()))?
        }
    };
    let url = match &raw.url {
        None => None,
        Some(url) => {
            let text = url.get_ref().trim().trim_end_matches('/');
            let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains(['/', '@', ' ', '?', '#'])) {
                let sentence =
                    "site.url must be the address people open; write it like \"https://camera.example.vn\"";
                return Err(place.error(url.span(), sentence));
            }
            Some(text.to_owned())
        }
    };
    let name = raw.name.as_ref().map(|name| name.get_ref().trim().to_owned()).unwrap_or_default();
    Ok(Site { name, zone, url })
}

fn volumes(place: &Place<'_>, raw: &[raw::Volume], folder: &Path, data: &Path) -> Result<Vec<Volume>> {
    let mut out: Vec<Volume> = Vec::new();
    for volume in raw {
        let path = path(place, Some(&volume.path), folder)?.unwrap_or_default();
        if let Some(other) = out.iter().find(|o| o.path.starts_with(&path) || path.starts_with(&o.path)) {
            let sentence = format!(
                "this folder and {} lie within each other; give each volume its own",
                other.path.display()
            );
            return Err(place.error(volume.path.span(), &sentence));
        }
        let budget_bytes = match &volume.budget {
            Some(budget) if budget.get_ref().0 < BUDGET_MIN => {
                return Err(place.error(
                    budget.span(),
                    "a volume needs a budget of at least 1 GiB; write it like \"400 GiB\"",
                ));
            }
            budget => budget.as_ref().map(|budget| budget.get_ref().0),
        };
        let group = text_or(place, volume.group.as_ref(), "group", GROUP)?;
        out.push(Volume { path, group, budget_bytes });
    }
    if out.is_empty() {
        out.push(Volume { path: data.join("footage"), group: GROUP.to_owned(), budget_bytes: None });
    }
    Ok(out)
}

fn days(place: &Place<'_>, raw: &raw::Retention) -> Result<Days> {
    let read = |value: &Option<Spanned<i64>>, least: i64| match value {
        None => Ok(None),
        Some(value) if !(least..=DAYS_MAX).contains(value.get_ref()) => {
            let sentence =
                format!("{} is no number of days; write one from {least} to {DAYS_MAX}", value.get_ref());
            Err(place.error(value.span(), &sentence))
        }
        Some(value) => Ok(u32::try_from(*value.get_ref()).ok()),
    };
    let days = Days { min: read(&raw.days_min, 0)?, max: read(&raw.days_max, 1)? };
    match (days, &raw.days_max) {
        (Days { min: Some(min), max: Some(max) }, Some(at)) if max < min => {
            Err(place
                .error(at.span(), "days_max is less than days_min; make it the same or more, or remove it"))
        }
        _ => Ok(days),
    }
}

fn export(place: &Place<'_>, raw: &raw::Export) -> Result<Export> {
    let budget_bytes = match &raw.budget {
        None => EXPORT_BUDGET,
        Some(budget) if budget.get_ref().0 < BUDGET_MIN => {
            let sentence = "exports need a budget of at least 1 GiB; write it like \"20 GiB\"";
            return Err(place.error(budget.span(), sentence));
        }
        Some(budget) => budget.get_ref().0,
    };
    let days = match &raw.days {
        None => EXPORT_DAYS,
        Some(days) => {
            let number =
                u32::try_from(*days.get_ref()).ok().filter(|n| (1..=DAYS_MAX).contains(&i64::from(*n)));
            let sentence = format!("{} is no number of days; write one from 1 to {DAYS_MAX}", days.get_ref());
            number.ok_or_else(|| place.error(days.span(), &sentence))?
        }
    };
    Ok(Export { budget_bytes, days })
}

fn camera_networks(place: &Place<'_>, raw: &raw::Camera) -> Result<CameraNetworks> {
    let network = |text: &Spanned<String>| {
        let (written, span) = (text.get_ref().trim(), text.span());
        // A single address is a network of one.
        let network = written.parse::<IpNet>().or_else(|_| written.parse::<IpAddr>().map(IpNet::from));
        let sentence = "camera.networks holds networks or addresses; write them like \"192.168.1.0/24\" or \"192.168.1.20\"";
        network.map_err(|_| place.error(span, sentence))
    };
    let networks: Vec<IpNet> = raw.networks.iter().map(network).collect::<Result<_>>()?;
    Ok(if networks.is_empty() { CameraNetworks::Usual } else { CameraNetworks::Only(networks.into()) })
}

fn alert(place: &Place<'_>, raw: &raw::Alert, folder: &Path) -> Result<Alert> {
    let mut local_hosts = Vec::new();
    for host in &raw.local_hosts {
        let name = host.get_ref().trim().to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        if name.is_empty() || !name.chars().all(plain) || name.contains("://") {
            let sentence = "alert.local_hosts holds names or addresses without a port; write them like \"ha.local\" or \"192.168.1.5\"";
            return Err(place.error(host.span(), sentence));
        }
        local_hosts.push(name);
    }
    let contact = match &raw.contact {
        None => None,
        Some(text) => {
            let contact = text.get_ref().trim();
            let right = contact.strip_prefix("mailto:").is_some_and(|mail| mail.contains('@'))
                || contact.strip_prefix("https://").is_some_and(|host| !host.is_empty());
            if !right || contact.contains(char::is_whitespace) {
                let sentence =
                    "alert.contact is where you can be reached; write it like \"mailto:binh@example.vn\"";
                return Err(place.error(text.span(), sentence));
            }
            Some(contact.to_owned())
        }
    };
    Ok(Alert { local_hosts, contact, extra_ca: path(place, raw.extra_ca.as_ref(), folder)? })
}

fn ring(place: &Place<'_>, raw: &raw::Ring) -> Result<usize> {
    match &raw.bytes {
        None => Ok(RING),
        Some(bytes) if !(RING_MIN..=RING_MAX).contains(&bytes.get_ref().0) => Err(place.error(
            bytes.span(),
            "ring.bytes is memory for one stream; write an amount from \"1 MiB\" to \"1 GiB\"",
        )),
        Some(bytes) => Ok(usize::try_from(bytes.get_ref().0).unwrap_or(RING)),
    }
}

/// `filter`: this build has one.
fn objects(place: &Place<'_>, raw: &Spanned<raw::Objects>, folder: &Path, filter: bool) -> Result<Objects> {
    if !filter {
        let sentence = "this lanewatch was built without the object filter; remove [detect.objects], or build it with \
            `cargo build --release --features objects`";
        return Err(place.error(raw.span(), sentence));
    }
    let raw = raw.get_ref();
    let threshold = match &raw.threshold {
        None => THRESHOLD,
        Some(part) if !(0.05..=0.95).contains(part.get_ref()) => {
            let sentence = "detect.objects.threshold is a confidence; write a number from 0.05 to 0.95";
            return Err(place.error(part.span(), sentence));
        }
        Some(part) => *part.get_ref() as f32,
    };
    let file = |value| path(place, Some(value), folder).map(Option::unwrap_or_default);
    let (model, labels) = (file(&raw.model)?, file(&raw.labels)?);
    Ok(Objects { model, labels, decoder: raw.decoder, threshold })
}

fn detect(place: &Place<'_>, raw: &raw::Detect, folder: &Path) -> Result<Option<Detect>> {
    let pictures_per_second = match &raw.pictures_per_second {
        None => PICTURES_PER_SECOND,
        Some(rate) if !(0.5..=15.0).contains(rate.get_ref()) => {
            let sentence = "detect.pictures_per_second is a rate; write a number from 0.5 to 15.0";
            return Err(place.error(rate.span(), sentence));
        }
        Some(rate) => *rate.get_ref() as f32,
    };
    let workers = match &raw.workers {
        None => 1,
        Some(workers) if !(1..=16).contains(workers.get_ref()) => {
            let sentence =
                "detect.workers is a number of processes; write one from 1 to 16, one for each 20 cameras";
            return Err(place.error(workers.span(), sentence));
        }
        Some(workers) => usize::try_from(*workers.get_ref()).unwrap_or(1),
    };
    let pictures = raw.pictures.unwrap_or(Pictures::Sparing);
    let filter = cfg!(feature = "objects");
    let objects = raw.objects.as_ref().map(|raw| objects(place, raw, folder, filter)).transpose()?;
    let detect = Detect { pictures, pictures_per_second, workers, objects };
    Ok(raw.enabled.unwrap_or(true).then_some(detect))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Config> {
        Config::parse(text, Path::new("lanewatch.toml"), Path::new("/etc/lanewatch"), None)
    }

    fn refused(text: &str) -> String {
        parse(text).expect_err("refused").message().to_owned()
    }

    #[test]
    fn nothing_is_needed() {
        let config = parse("").expect("defaults");
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.data, Path::new("/etc/lanewatch/data"));
        assert_eq!(config.volumes[0].path, Path::new("/etc/lanewatch/data/footage"));
        assert_eq!((config.site.zone, config.ring_bytes), (Zone::HO_CHI_MINH, RING));
        assert_eq!(
            config.detect,
            Some(Detect { pictures: Pictures::Sparing, pictures_per_second: 5.0, workers: 1, objects: None })
        );
    }

    #[test]
    fn everything_can_be_said() {
        let config = parse(
            r#"
            listen = "[::]:80"
            data = "/var/lib/lanewatch"
            log = "lanewatch=debug"
            [site]
            name = "Thôn Đông"
            time_zone = "UTC"
            url = "https://camera.example.vn/"
            [[volume]]
            path = "/srv/a"
            budget = "400 GiB"
            [[volume]]
            path = "b"
            group = "spare"
            budget = 5000000000
            [retention]
            days_min = 7
            days_max = 30
            [ring]
            bytes = "8 MiB"
            [detect]
            pictures = "key"
            pictures_per_second = 10.0
            workers = 2
            [alert]
            local_hosts = ["HA.local", "192.168.1.5"]
            contact = "mailto:binh@example.vn"
            extra_ca = "ca.pem"
            "#,
        )
        .expect("a right file");
        assert_eq!(config.alert.local_hosts, ["ha.local", "192.168.1.5"]);
        let networks = |text: &str| parse(text).expect("a right file").camera_networks();
        assert_eq!(config.camera_networks(), CameraNetworks::Usual, "others come by the proxy");
        assert_eq!(networks("listen = \"0.0.0.0:8080\""), CameraNetworks::Usual);
        assert_eq!(networks("[tls]\nlisten = \"0.0.0.0:8443\""), CameraNetworks::Usual);
        assert_eq!(networks(""), CameraNetworks::Here, "nobody else reaches it");
        let only = networks("[camera]\nnetworks = [\"192.168.7.0/24\", \"10.0.0.1\"]");
        for (address, may) in
            [([10, 0, 0, 1], true), ([10, 0, 0, 2], false), ([192, 168, 7, 9], true), ([127, 0, 0, 1], false)]
        {
            assert_eq!(only.may(address.into()), may, "{address:?}");
        }
        assert!(refused("[camera]\nnetworks = [\"192.168.7.0/40\"]").contains("192.168.1.0/24"));
        assert_eq!(config.alert.contact.as_deref(), Some("mailto:binh@example.vn"));
        assert_eq!(config.alert.extra_ca.as_deref(), Some(Path::new("/etc/lanewatch/ca.pem")));
        assert!(refused("[alert]\nlocal_hosts = [\"http://ha.local\"]").contains("local_hosts"));
        assert!(refused("[alert]\ncontact = \"binh\"").contains("contact"));
        assert_eq!(config.volumes[0].budget_bytes, Some(400 << 30));
        assert_eq!(config.volumes[1].path, Path::new("/etc/lanewatch/b"));
        assert_eq!(config.site.url.as_deref(), Some("https://camera.example.vn"));
        assert_eq!(config.retention, Days { min: Some(7), max: Some(30) });
        assert_eq!((config.ring_bytes, config.site.name.as_str()), (8 << 20, "Thôn Đông"));
        assert_eq!(
            config.detect,
            Some(Detect { pictures: Pictures::Key, pictures_per_second: 10.0, workers: 2, objects: None })
        );
        assert_eq!(parse("[detect]\nenabled = false").expect("a right file").detect, None);
    }

    /// A file that names a model, read by a build that has an object filter or none.
    fn model(text: &str, filter: bool) -> Result<Objects> {
        let place = Place { file: Path::new("lanewatch.toml"), text };
        let raw: raw::File = toml::from_str(text).expect("a file");
        objects(&place, &raw.detect.objects.expect("a model"), Path::new("/etc/lanewatch"), filter)
    }

    #[test]
    fn a_model_can_be_named_where_there_is_an_object_filter() {
        let named = "[detect.objects]\nmodel = \"m.onnx\"\nlabels = \"m.txt\"\ndecoder = \"yolox\"\n";
        let objects = model(named, true).expect("a right file");
        assert_eq!(objects.model, Path::new("/etc/lanewatch/m.onnx"));
        assert_eq!((objects.decoder, objects.threshold), (ObjectDecoder::Yolox, THRESHOLD));
        let sure = model(&format!("{named}threshold = 2.0"), true).expect_err("refused");
        assert!(sure.message().contains("line 5, column 13: detect.objects.threshold"), "{sure}");
        assert!(refused("[detect.objects]\nmodel = \"m.onnx\"").contains("missing field `labels`"));
        let none = model(named, false).expect_err("refused");
        assert!(none.message().contains("line 1, column 1: this lanewatch was built without"), "{none}");
        assert!(none.message().contains("--features objects"), "{none}");
        // This build says of itself what it has.
        assert_eq!(parse(named).is_ok(), cfg!(feature = "objects"));
    }

    #[test]
    fn the_readme_s_example_is_a_right_file() {
        let readme = include_str!("../../README.md");
        let section = readme.split_once("## Settings").expect("a section").1;
        let section = section.split_once("\n## ").expect("a next section").0;
        let example: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    ")).collect();
        assert!(example.len() > 10, "{example:?}");
        let config = parse(&example.join("\n")).expect("a right file");
        assert_eq!((config.listen.port(), config.ring_bytes), (8080, RING));
    }

    #[test]
    fn a_refusal_names_file_line_column_and_remedy() {
        assert!(
            refused("listn = \"x\"").starts_with("lanewatch.toml, line 1, column 1: unknown field `listn`")
        );
        assert!(refused("\nlisten = \"here\"").contains("line 2, column 10: \"here\" is no address"));
        assert!(refused("listen = 3").contains("line 1, column 10"));
        assert!(
            refused("[site]\ntime_zone = \"Hanoi\"")
                .contains("line 2, column 13: \"Hanoi\" is not a time zone; use")
        );
        assert!(refused("[[volume]]\npath = \"a\"\nbudget = \"lots\"").contains("line 3, column 10"));
        assert!(refused("[[volume]]\npath = \"a\"\nbudget = 5").contains("at least 1 GiB"));
        assert!(refused("[[volume]]\ngroup = \"a\"").contains("missing field `path`"));
        assert!(refused("[[volume]]\npath = \"a\"\n[[volume]]\npath = \"a/b\"").contains("line 4, column 8"));
        assert!(
            refused("[retention]\ndays_min = 9\ndays_max = 3")
                .contains("line 3, column 12: days_max is less")
        );
        assert!(refused("[ring]\nbytes = 1").contains("memory for one stream"));
        assert!(refused("[site]\nurl = \"camera\"").contains("site.url"));
        assert!(refused("[export]\nbudget = \"5 MB\"").contains("line 2, column 10: exports need a budget"));
        assert!(refused("[export]\ndays = 0").contains("line 2, column 8: 0 is no number of days"));
        assert!(refused("[detect]\nworkers = 0").contains("line 2, column 11: detect.workers"));
        assert!(refused("[detect]\npictures_per_second = 60.0").contains("from 0.5 to 15.0"));
        assert!(refused("listen = ").contains("line 1"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_a_place(text in "[\\[\\]a-z_=\" 0-9\n]{0,60}") {
            if let Err(error) = parse(&text) {
                prop_assert!(error.message().starts_with("lanewatch.toml, line "));
            }
        }
    }
}
