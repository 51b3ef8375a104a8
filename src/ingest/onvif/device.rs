//! Asking one camera who it is, what its clock says, and which streams it has.

use futures::future::join_all;
use url::Url;

use super::message::{all, clock, escaped, number, parse, printable, text};
use super::soap::{Fault, Peer};
use crate::base::{CameraNetworks, Credentials, RtspUrl, SharedClock, TICKS_PER_SECOND, Ticks};

/// Profiles that are asked for their address: cameras have 2 to 4.
const MOST_PROFILES: usize = 6;
/// Longest token that is sent back.
const TOKEN_MAX: usize = 64;

const CLOCK: &str = r#"<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>"#;
const ABOUT: &str = r#"<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>"#;
const SERVICES: &str = r#"<GetCapabilities xmlns="http://www.onvif.org/ver10/device/wsdl"><Category>Media</Category></GetCapabilities>"#;
const PROFILES: &str = r#"<GetProfiles xmlns="http://www.onvif.org/ver10/media/wsdl"/>"#;

/// What a camera says about itself.
#[derive(Clone, Debug, Default)]
pub(in crate::ingest) struct Device {
    pub(in crate::ingest) make: Option<String>,
    pub(in crate::ingest) model: Option<String>,
    /// Its clock minus ours, in seconds.
    pub(in crate::ingest) clock_offset_s: Option<f64>,
    /// Largest picture first.
    pub(in crate::ingest) profiles: Vec<Profile>,
}

/// One encoding that a camera offers.
#[derive(Clone, Debug)]
pub(in crate::ingest) struct Profile {
    pub(in crate::ingest) name: String,
    pub(in crate::ingest) pixels: u64,
    pub(in crate::ingest) url: RtspUrl,
}

/// Asks the camera whose device service is at `url`.
pub(in crate::ingest) async fn describe(
    url: &Url,
    credentials: Option<&Credentials>,
    networks: &CameraNetworks,
    our_clock: &SharedClock,
) -> Result<Device, Fault> {
    let peer = Peer { url: url.clone(), credentials: credentials.cloned(), networks: networks.clone() };
    let path = match url.path() {
        "" | "/" => "/onvif/device_service",
        path => path,
    };
    // The one question that needs no password (ONVIF Core 5.9.4.5), because the digest needs its answer.
    let asked = our_clock.now();
    let theirs = match peer.ask(path, CLOCK, None).await {
        Ok(answer) => parse(&answer).and_then(|document| clock(document.root())),
        Err(fault @ (Fault::Unreachable | Fault::Refused | Fault::NotAllowed)) => return Err(fault),
        Err(_) => None,
    };
    let offset = theirs.map(|theirs| theirs - asked);
    let now = || -> Option<Ticks> { Some(our_clock.now() + offset.unwrap_or(0)) };
    let (about, services) = tokio::join!(peer.ask(path, ABOUT, now()), peer.ask(path, SERVICES, now()));
    let about = about?;
    let media = services.ok().and_then(|answer| media_path(&answer)).unwrap_or_else(|| path.to_owned());
    let answer = peer.ask(&media, PROFILES, now()).await?;
    let asked = offered(&answer).into_iter().map(|(token, name, pixels)| {
        let (peer, media) = (&peer, &media);
        async move {
            let answer = peer.ask(media, &address_of(&token), now()).await.ok()?;
            let url = stream_address(&answer, &peer.url)?;
            Some(Profile { name, pixels, url })
        }
    });
    let mut profiles: Vec<Profile> = join_all(asked).await.into_iter().flatten().collect();
    profiles.sort_by_key(|profile| std::cmp::Reverse(profile.pixels));
    profiles.dedup_by(|a, b| a.url == b.url);
    let about = parse(&about);
    let say = |name| about.as_ref().and_then(|document| text(document.root(), name)).map(printable);
    Ok(Device {
        make: say("Manufacturer"),
        model: say("Model"),
        // It is told in whole seconds: half of one is the best guess at the rest.
        clock_offset_s: offset.map(|ticks| ticks as f64 / TICKS_PER_SECOND as f64 + 0.5),
        profiles,
    })
}

/// Path of the media service; where it is said to live does not count.
fn media_path(answer: &str) -> Option<String> {
    let document = parse(answer)?;
    let media = all(document.root(), "Media").next()?;
    let url = Url::parse(text(media, "XAddr")?).ok()?;
    Some(url.path().to_owned())
}

/// Token, name and pixels of the profiles with pictures of the first source: a recorder that plays many cameras has
/// one source for each, and each of them is a camera of its own.
fn offered(answer: &str) -> Vec<(String, String, u64)> {
    let Some(document) = parse(answer) else { return Vec::new() };
    let mut first_source = None;
    let profiles = all(document.root(), "Profiles").filter_map(|profile| {
        let encoder = all(profile, "VideoEncoderConfiguration").next()?;
        let source = text(profile, "SourceToken").unwrap_or_default();
        if *first_source.get_or_insert(source) != source {
            return None;
        }
        let token = profile.attribute("token").filter(|token| token.chars().count() <= TOKEN_MAX)?;
        let pixels = u64::from(number(encoder, "Width")?) * u64::from(number(encoder, "Height")?);
        let name = text(profile, "Name").map(printable).unwrap_or_default();
        Some((token.to_owned(), name, pixels))
    });
    profiles.take(MOST_PROFILES).collect()
}

fn address_of(token: &str) -> String {
    let token = escaped(token);
    format!(
        r#"<GetStreamUri xmlns="http://www.onvif.org/ver10/media/wsdl"><StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream><Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>{token}</ProfileToken></GetStreamUri>"#
    )
}

/// The stream's address, on the host that was asked, without what is secret in it: the person has typed that.
fn stream_address(answer: &str, asked: &Url) -> Option<RtspUrl> {
    let document = parse(answer)?;
    let mut url = Url::parse(text(document.root(), "Uri")?).ok()?;
    url.set_host(asked.host_str()).ok()?;
    RtspUrl::split(url.as_str()).ok().map(|(url, _)| url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_do_not_decide_where_we_go() {
        let asked = Url::parse("http://10.0.0.7:8000/onvif/device_service").expect("url");
        let answer = |uri: &str| format!("<e><MediaUri><Uri>{uri}</Uri></MediaUri></e>");
        let read = |uri: &str| stream_address(&answer(uri), &asked).map(|url| url.to_string());
        assert_eq!(
            read("rtsp://8.8.8.8:8554/live?a=1&amp;b=2").as_deref(),
            Some("rtsp://10.0.0.7:8554/live?a=1&b=2")
        );
        assert_eq!(read("rtsp://admin:x@192.168.1.2/live").as_deref(), Some("rtsp://10.0.0.7/live"));
        assert_eq!(read("http://10.0.0.7/x"), None);
        assert_eq!(read(""), None);
        let services = "<e><Media><XAddr>http://8.8.8.8/onvif/Media</XAddr></Media></e>";
        assert_eq!(media_path(services).as_deref(), Some("/onvif/Media"));
    }

    #[test]
    fn profiles_of_the_first_source_with_pictures_are_offered() {
        let profile = |token: &str, source: &str, encoder: &str| {
            format!(
                "<Profiles token=\"{token}\"><Name>{token}</Name><VideoSourceConfiguration><SourceToken>{source}\
                 </SourceToken></VideoSourceConfiguration>{encoder}</Profiles>"
            )
        };
        let size = |w, h| {
            format!(
                "<VideoEncoderConfiguration><Resolution><Width>{w}</Width><Height>{h}</Height></Resolution>\
                 </VideoEncoderConfiguration>"
            )
        };
        let many: String = (0..100).map(|n| profile(&format!("p{n}"), "s", &size(1, 1))).collect();
        let text = format!(
            "<e>{}{}{}{}</e>",
            profile("a", "one", &size(640, 360)),
            profile("b", "one", ""),
            profile("c", "two", &size(4, 4)),
            profile("d", "one", &size(1920, 1080))
        );
        let tokens = |text: &str| offered(text).into_iter().map(|(token, ..)| token).collect::<Vec<_>>();
        assert_eq!(tokens(&text), ["a", "d"]);
        assert_eq!(tokens(&format!("<e>{many}</e>")).len(), MOST_PROFILES);
        assert!(tokens(&format!("<e>{}</e>", profile(&"t".repeat(65), "s", &size(1, 1)))).is_empty());
    }
}
