//! From an address to a playing session: `DESCRIBE`, `SETUP` of what we record, `PLAY`; each step with a deadline,
//! as retina has none.

use std::net::IpAddr;
use std::sync::Arc;

use retina::client::{
    Demuxed, Described, Session, SessionGroup, SetupOptions, TcpTransportOptions, UdpTransportOptions,
};
use retina::codec::{FrameFormat, ParametersRef};

use super::parameters;
use super::quirks::{self, Quirk};
use super::reason::{self, Step};
use super::{Deadlines, StreamSource, Transport};
use crate::hub::{Reason, ReasonCode};
use crate::media::Codec;

/// Largest description taken; cameras send 1–3 kB.
const MOST_SDP: usize = 64 << 10;
/// Most tracks in a description; cameras have 1–4.
const MOST_TRACKS: usize = 32;

/// A playing session.
pub(super) struct Link {
    pub(super) media: Demuxed,
    pub(super) codec: Codec,
    /// Index of the video track, and of the AAC track when there is one.
    pub(super) video: usize,
    pub(super) audio: Option<usize>,
    /// Name of a sound coding that is there and not recorded.
    pub(super) audio_not_recorded: Option<String>,
    /// Pictures a second, as far as the description says.
    pub(super) framerate: Option<f32>,
}

/// Opens a session.
pub(super) async fn dial(
    source: &StreamSource,
    deadlines: &Deadlines,
    group: &Arc<SessionGroup>,
) -> Result<Link, Reason> {
    let has_password = source.credentials.is_some();
    // Once for the whole session: what a name stands for then is what is spoken to.
    let looked = tokio::time::timeout(deadlines.connect, source.networks.resolve(source.url.as_url())).await;
    let looked = looked.map_err(|_| reason::no_answer(&source.url, Step::Describe, deadlines.connect))?;
    let camera = looked.map_err(|why| reason::unreached(&source.url, why))?;
    let mut at = source.url.as_url().clone();
    at.set_ip_host(camera).map_err(|()| reason::not_understood(&source.url, Step::Describe))?;
    let mut session = describe(source, &at, deadlines, group, None).await?;
    let quirk = quirks::at_teardown(&session, &at, source.transport == Transport::Udp);
    if quirk == Some(Quirk::ForeignBase) {
        tracing::debug!(?quirk, "described again without TEARDOWN on new connections");
        session = describe(source, &at, deadlines, group, quirk).await?;
    }
    if session.sdp().len() > MOST_SDP || session.streams().len() > MOST_TRACKS {
        return Err(reason::not_understood(&source.url, Step::Describe));
    }
    let chosen = choose(&session)?;
    for track in std::iter::once(chosen.video).chain(chosen.audio) {
        let transport = match source.transport {
            Transport::Tcp => retina::client::Transport::Tcp(TcpTransportOptions::default()),
            Transport::Udp => retina::client::Transport::Udp(UdpTransportOptions::default()),
        };
        let options = SetupOptions::default().transport(transport).frame_format(FrameFormat::MP4);
        let setup = tokio::time::timeout(deadlines.answer, session.setup(track, options));
        let answered =
            setup.await.map_err(|_| reason::no_answer(&source.url, Step::Setup, deadlines.answer))?;
        answered.map_err(|e| reason::classify(&source.url, Step::Setup, has_password, &e))?;
        refuse_foreign_sender(source, camera, &session, track)?;
    }
    let play = tokio::time::timeout(deadlines.answer, session.play(quirks::play_options()));
    let playing = play.await.map_err(|_| reason::no_answer(&source.url, Step::Play, deadlines.answer))?;
    let media = playing.and_then(Session::demuxed);
    let media = media.map_err(|e| reason::classify(&source.url, Step::Play, has_password, &e))?;
    let Chosen { codec, video, audio, audio_not_recorded, framerate } = chosen;
    Ok(Link { media, codec, video, audio, audio_not_recorded, framerate })
}

async fn describe(
    source: &StreamSource,
    at: &url::Url,
    deadlines: &Deadlines,
    group: &Arc<SessionGroup>,
    quirk: Option<Quirk>,
) -> Result<Session<Described>, Reason> {
    let credentials = source.credentials.as_ref().map(|c| retina::client::Credentials {
        username: c.username.clone(),
        password: c.password.expose().to_owned(),
    });
    let has_password = credentials.is_some();
    let options = quirks::session_options(quirk).creds(credentials).session_group(Arc::clone(group));
    let describe = Session::describe(at.clone(), options);
    let answered = tokio::time::timeout(deadlines.connect, describe).await;
    let answered = answered.map_err(|_| reason::no_answer(&source.url, Step::Describe, deadlines.connect))?;
    answered.map_err(|e| reason::classify(&source.url, Step::Describe, has_password, &e))
}

struct Chosen {
    codec: Codec,
    video: usize,
    audio: Option<usize>,
    audio_not_recorded: Option<String>,
    framerate: Option<f32>,
}

/// The first H.264 or H.265 track, and the first AAC track that can be written to a file.
fn choose(session: &Session<Described>) -> Result<Chosen, Reason> {
    let tracks = session.streams();
    let codec_of = |name: &str| match name {
        "h264" => Some(Codec::H264),
        "h265" => Some(Codec::H265),
        _ => None,
    };
    let found = tracks.iter().enumerate().find_map(|(i, t)| {
        let codec = codec_of(t.encoding_name()).filter(|_| t.media() == "video")?;
        Some((i, codec, t.framerate()))
    });
    let Some((video, codec, framerate)) = found else {
        let other =
            tracks.iter().find(|t| t.media() == "video").map(|t| t.encoding_name().to_ascii_uppercase());
        let message = match other {
            Some(name) => {
                format!(
                    "the camera sends {}; set H.264 (or H.265) as video coding in the camera",
                    printable(&name)
                )
            }
            None => "the camera offers no video under this path; look up the stream's path in its manual"
                .to_owned(),
        };
        return Err(reason::reason(ReasonCode::CodecUnsupported, message));
    };
    let sound = || tracks.iter().enumerate().filter(|(_, t)| t.media() == "audio");
    let recordable = |t: &retina::client::Stream| match t.parameters() {
        Some(ParametersRef::Audio(p)) => parameters::audio(p).is_some(),
        _ => false,
    };
    let audio = sound().find(|(_, t)| recordable(t)).map(|(i, _)| i);
    let audio_not_recorded = match audio {
        Some(_) => None,
        None => sound().next().map(|(_, t)| printable(t.encoding_name())),
    };
    Ok(Chosen { codec, video, audio, audio_not_recorded, framerate })
}

/// A name from a camera, short and harmless.
fn printable(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).take(24).collect()
}

/// A camera may name another address to send from (`source` in `Transport`); we talk to the camera only.
fn refuse_foreign_sender(
    source: &StreamSource,
    camera: IpAddr,
    session: &Session<Described>,
    track: usize,
) -> Result<(), Reason> {
    if source.transport != Transport::Udp {
        return Ok(());
    }
    let ours =
        session.streams()[track].ctx().is_some_and(|c| c.to_string().contains(&format!("-> {camera}:")));
    if ours { Ok(()) } else { Err(reason::not_understood(&source.url, Step::Setup)) }
}
