//! WS-Discovery (OASIS, April 2005 draft, as ONVIF Core section 7 wants it): one question to all, answers from anybody.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::future::join_all;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};
use url::Url;
use uuid::Uuid;

use super::message::{all, parse, printable, text};
use crate::base::{SharedClock, fresh_uuid};

/// Where cameras listen.
pub const MULTICAST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(239, 255, 255, 250)), 3702);
/// Answers that are read from one network: a village has tens of cameras, and each answers each question once or twice.
const MOST_ANSWERS: usize = 1024;
/// Cameras that are kept.
const MOST_FOUND: usize = 256;
/// Networks that are asked.
const MOST_NETWORKS: usize = 16;
/// A datagram cannot be longer.
const MOST_BYTES: usize = 65_535;

/// A camera that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its device service, `http://`; the host is the one that the answer came from.
    pub address: String,
    /// As it calls itself; may be empty.
    pub make: String,
    /// As it calls itself; may be empty.
    pub model: String,
}

/// Asks for cameras at `at` from each of our networks and collects answers for so long; by address.
pub async fn discover(at: SocketAddr, time: Duration, clock: &SharedClock) -> Vec<Found> {
    let until = Instant::now() + time;
    let asking = networks(at).into_iter().map(|own| ask(own, at, until, fresh_uuid(clock.now())));
    let mut found = BTreeMap::new();
    for (from, data) in join_all(asking).await.into_iter().flatten() {
        for camera in matches(from, &data) {
            if found.len() < MOST_FOUND {
                found.insert(camera.address.clone(), camera);
            }
        }
    }
    found.into_values().collect()
}

/// Our own addresses, one for each network. A multicast leaves by the network whose address its socket is bound to
/// (Linux ip(7)); loopback is one of them, for what plays camera on this machine.
fn networks(at: SocketAddr) -> Vec<Ipv4Addr> {
    if !at.ip().is_multicast() {
        return vec![Ipv4Addr::UNSPECIFIED];
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default().into_iter();
    let own = interfaces.filter_map(|interface| match interface.ip() {
        IpAddr::V4(own) => Some(own),
        IpAddr::V6(_) => None,
    });
    own.take(MOST_NETWORKS).collect()
}

async fn ask(own: Ipv4Addr, at: SocketAddr, until: Instant, id: Uuid) -> Vec<(IpAddr, Vec<u8>)> {
    let mut answers = Vec::new();
    let Ok(socket) = UdpSocket::bind((own, 0)).await else { return answers };
    let question = question(id);
    let mut buffer = vec![0; MOST_BYTES];
    // A datagram may be lost: the question is put twice, a third of the time apart.
    let again = Instant::now() + until.saturating_duration_since(Instant::now()) / 3;
    for end in [again, until] {
        if socket.send_to(question.as_bytes(), at).await.is_err() {
            return answers;
        }
        while answers.len() < MOST_ANSWERS {
            match timeout_at(end, socket.recv_from(&mut buffer)).await {
                Ok(Ok((length, from))) => answers.push((from.ip(), buffer[..length].to_vec())),
                // ICMP errors of other questions arrive here too.
                Ok(Err(_)) => {}
                Err(_) => break,
            }
        }
    }
    answers
}

fn question(id: Uuid) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:n="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:MessageID>urn:uuid:{id}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header><s:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"#
    )
}

/// The cameras in an answer: one, of an honest camera.
fn matches(from: IpAddr, data: &[u8]) -> Vec<Found> {
    let said = String::from_utf8_lossy(data);
    let Some(document) = parse(&said) else { return Vec::new() };
    let found = all(document.root(), "ProbeMatch").filter_map(|camera| {
        let addresses = text(camera, "XAddrs")?.split_whitespace();
        let mut url = addresses.filter_map(|a| Url::parse(a).ok()).find(|url| url.scheme() == "http")?;
        url.set_ip_host(from).ok()?;
        url.set_username("").and_then(|()| url.set_password(None)).ok()?;
        url.set_fragment(None);
        let scopes = text(camera, "Scopes").unwrap_or_default();
        Some(Found { address: url.into(), make: scope(scopes, "name"), model: scope(scopes, "hardware") })
    });
    found.take(4).collect()
}

/// A word of a camera about itself: `onvif://www.onvif.org/hardware/DS-2CD2043`.
fn scope(scopes: &str, kind: &str) -> String {
    let prefix = format!("onvif://www.onvif.org/{kind}/");
    let value = scopes.split_whitespace().find_map(|scope| scope.strip_prefix(&prefix)).unwrap_or_default();
    let decoded = url::form_urlencoded::parse(format!("v={}", value.replace(['+', '&'], " ")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    printable(&decoded.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(addresses: &str, scopes: &str) -> String {
        format!(
            "<e><ProbeMatches><ProbeMatch><Scopes>{scopes}</Scopes><XAddrs>{addresses}</XAddrs></ProbeMatch>\
             </ProbeMatches></e>"
        )
    }

    #[test]
    fn a_camera_is_where_its_answer_came_from() {
        let from = IpAddr::from([10, 0, 0, 7]);
        let scopes = "onvif://www.onvif.org/type/video onvif://www.onvif.org/name/Cam%20One onvif://www.onvif.org/hardware/X-1";
        let found = matches(from, answer("https://10.0.0.7/x http://8.8.8.8:81/onvif/d", scopes).as_bytes());
        let expected = Found {
            address: "http://10.0.0.7:81/onvif/d".to_owned(),
            make: "Cam One".to_owned(),
            model: "X-1".to_owned(),
        };
        assert_eq!(found, [expected]);
        for nothing in [answer("", ""), answer("ftp://10.0.0.7/", ""), "\u{0}".to_owned(), "<e/>".to_owned()]
        {
            assert!(matches(from, nothing.as_bytes()).is_empty(), "{nothing}");
        }
        let long = answer("http://10.0.0.7/", &format!("onvif://www.onvif.org/name/{}", "n".repeat(9000)));
        assert_eq!(matches(from, long.as_bytes())[0].make.len(), 80);
    }
}
