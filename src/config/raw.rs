//! Pure. The file as a person may write it: every key optional, every value with its place in the text.

use serde::Deserialize;
use toml::Spanned;

use super::size::Size;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    /// Address and port of the web interface.
    pub(super) listen: Option<Spanned<String>>,
    /// Folder of the catalogue.
    pub(super) data: Option<Spanned<String>>,
    /// Filter of the log, as in `RUST_LOG`.
    pub(super) log: Option<Spanned<String>>,
    pub(super) site: Site,
    pub(super) volume: Vec<Volume>,
    pub(super) retention: Retention,
    pub(super) ring: Ring,
    pub(super) export: Export,
    pub(super) detect: Detect,
    pub(super) camera: Camera,
    pub(super) alert: Alert,
    pub(super) tls: Tls,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Site {
    /// What people call the place.
    pub(super) name: Option<Spanned<String>>,
    /// IANA name.
    pub(super) time_zone: Option<Spanned<String>>,
    /// Address that people open, when it is not the one listened on (a proxy with TLS in front).
    pub(super) url: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Volume {
    /// Folder for footage.
    pub(super) path: Spanned<String>,
    /// Group that streams are assigned to.
    pub(super) group: Option<Spanned<String>>,
    /// How much footage it may hold.
    pub(super) budget: Option<Spanned<Size>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Retention {
    /// Days that are kept even when others must go first.
    pub(super) days_min: Option<Spanned<i64>>,
    /// Days after which footage goes although there is room.
    pub(super) days_max: Option<Spanned<i64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Ring {
    /// Memory for the recent pictures of one stream.
    pub(super) bytes: Option<Spanned<Size>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Export {
    /// How much all exports together may take.
    pub(super) budget: Option<Spanned<Size>>,
    /// Days after which they go.
    pub(super) days: Option<Spanned<i64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Camera {
    /// Networks that cameras may be in, and no others.
    pub(super) networks: Vec<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Alert {
    /// Hosts in the own network that alerts may be sent to.
    pub(super) local_hosts: Vec<Spanned<String>>,
    /// Where push services can reach whoever runs this.
    pub(super) contact: Option<Spanned<String>>,
    /// PEM file of authorities that are trusted besides the machine's.
    pub(super) extra_ca: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Detect {
    /// Look for motion at all.
    pub(super) enabled: Option<bool>,
    /// Which pictures of small streams are looked at.
    pub(super) pictures: Option<Pictures>,
    /// Of a small stream, at most.
    pub(super) pictures_per_second: Option<Spanned<f64>>,
    /// Processes that decode.
    pub(super) workers: Option<Spanned<i64>>,
    /// What a model makes of what moved.
    pub(super) objects: Option<Spanned<Objects>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Objects {
    /// An ONNX file.
    pub(super) model: Spanned<String>,
    /// A text file with the model's classes, one in a line.
    pub(super) labels: Spanned<String>,
    /// How the model's numbers are to be read.
    pub(super) decoder: ObjectDecoder,
    /// Confidence below which nothing is found.
    pub(super) threshold: Option<Spanned<f64>>,
}

/// How the numbers of a model that finds objects are to be read.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ObjectDecoder {
    /// Boxes against anchors, and a number for each class and anchor: SSD as MediaPipe and TensorFlow write it.
    Ssd,
    /// Boxes against grids of three sizes, as YOLOX's own export writes them.
    Yolox,
}

/// Which pictures of small streams are looked at for motion.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Pictures {
    /// All, up to the rate.
    All,
    /// All where something stirs, few where all is quiet.
    Sparing,
    /// Key pictures only.
    Key,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tls {
    /// Have HTTPS at all.
    pub(super) enabled: Option<bool>,
    /// A second address and port.
    pub(super) listen: Option<Spanned<String>>,
    /// What the recorder is called besides what the machine knows of itself.
    pub(super) names: Option<Vec<Spanned<String>>>,
    /// A PEM file that somebody else looks after.
    pub(super) certificate: Option<Spanned<String>>,
    /// Its key, in PEM.
    pub(super) key: Option<Spanned<String>>,
    /// An authority that browsers know.
    pub(super) acme: Option<Spanned<Acme>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acme {
    /// Public names.
    pub(super) names: Vec<Spanned<String>>,
    /// The authority's terms are agreed to.
    pub(super) agree: Option<bool>,
    /// Address of the authority's directory.
    pub(super) directory: Option<Spanned<String>>,
    /// Where the authority writes to.
    pub(super) email: Option<Spanned<String>>,
    /// How it is shown that the names are ours.
    pub(super) challenge: Option<AcmeChallenge>,
    /// A program that writes DNS records.
    pub(super) hook: Option<Spanned<String>>,
    /// Seconds that a record needs to be seen.
    pub(super) settle_s: Option<Spanned<i64>>,
    /// A PEM file with who signs the authority's own HTTPS.
    pub(super) root: Option<Spanned<String>>,
}

/// How it is shown that public names are ours.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum AcmeChallenge {
    /// A file on port 80.
    Http,
    /// A TXT record.
    Dns,
}
