//! `GET /tls`: the certificate, where it comes from and how long it holds.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Settings};
use super::error::{Answer, Problem};
use super::extract::Json;
use super::front::reached;
use super::qr::qr_svg;
use super::wire::Time;
use crate::tls::{self, Standing, Tls};

/// How the recorder is reached by HTTPS.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tls)]
pub(super) struct Shown {
    /// Where the certificate comes from: `own` (the recorder's own authority), `files`, `acme` (a public authority), or
    /// `off`: there is no HTTPS of the recorder's own.
    source: &'static str,
    /// What is shown to those who come by one of its names; null when there is nothing.
    #[schema(required = true)]
    certificate: Option<Certificate>,
    /// It is the one that was asked for; false: the own authority's stands in for it.
    is_the_wanted: bool,
    /// Every browser trusts it without being told to.
    is_public: bool,
    /// What phones are told to trust where the certificate is not public; null with `off`.
    #[schema(required = true)]
    authority: Option<Authority>,
    /// Where phones are told how to trust that authority; null when they need not, or cannot reach the recorder.
    #[schema(required = true)]
    guide: Option<Guide>,
    /// What does not work; null when all does.
    #[schema(required = true)]
    trouble: Option<Trouble>,
    /// When a public authority is asked again after a failure.
    #[schema(required = true)]
    next_try_at: Option<Time>,
}

/// A certificate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlsCertificate)]
pub(super) struct Certificate {
    /// Names and addresses that it is for.
    names: Vec<String>,
    /// Who signed it; may be empty.
    issuer: String,
    /// Valid from here on.
    not_before: Time,
    /// Not valid from here on.
    not_after: Time,
}

/// The recorder's own authority.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlsAuthority)]
pub(super) struct Authority {
    /// As phones list it.
    name: String,
    /// SHA-256 of its certificate, as phones show it.
    fingerprint: String,
    /// Not valid from here on.
    not_after: Time,
}

/// The way to the page that helps.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlsGuide)]
pub(super) struct Guide {
    /// Over plain HTTP: nothing is trusted yet.
    url: String,
    /// The same as a QR code.
    qr_svg: String,
    /// What is to be compared there: SHA-256 of the authority's certificate, as phones show it.
    fingerprint: String,
}

/// What does not work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TlsTrouble)]
pub(super) struct Trouble {
    /// Stable name, to be translated: `files_unreadable`, `acme_failed`, `not_written`.
    code: &'static str,
    /// What happened and what to do, in English.
    message: String,
    /// Since when.
    since: Time,
}

/// For whoever called the recorder by this name.
fn guide(app: &App, standing: &Standing, headers: &HeaderMap) -> Answer<Option<Guide>> {
    let given = standing.source == "files" && standing.is_the_wanted;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = standing.authority.as_ref().filter(|_| !standing.is_public && !given);
    let (Some(host), Some(authority)) = (host, authority) else { return Ok(None) };
    let Some(host) = reached(host).filter(|_| app.others_come()) else { return Ok(None) };
    let url = format!("http://{host}/trust");
    Ok(Some(Guide { qr_svg: qr_svg(&url)?, url, fingerprint: authority.fingerprint_text() }))
}

/// For a phone before it is led to an address of the recorder: `None` when it need not be told to trust anything. Another server
/// may stand in front, with a certificate of its own.
pub(super) fn guide_to(app: &App, headers: &HeaderMap, address: &str) -> Answer<Option<Guide>> {
    let Some(standing) = app.tls().map(Tls::standing) else { return Ok(None) };
    let names: Vec<String> =
        standing.certificate.iter().flat_map(|facts| &facts.names).map(ToString::to_string).collect();
    Ok(guide(app, &standing, headers)?.filter(|guide| is_ours(address, &guide.url, &names)))
}

/// Whether an address is shown our certificate: it is the one of the guide, or one of those in it.
fn is_ours(address: &str, guide: &str, names: &[String]) -> bool {
    let host = |url: &str| Some(Url::parse(url).ok()?.host_str()?.trim_matches(['[', ']']).to_owned());
    let leads = host(address).filter(|_| address.starts_with("https:"));
    leads.is_some_and(|leads| host(guide).iter().chain(names).any(|name| name.eq_ignore_ascii_case(&leads)))
}

fn shown(standing: Standing, guide: Option<Guide>) -> Shown {
    let certificate = |facts: tls::Facts| Certificate {
        names: facts.names.iter().map(ToString::to_string).collect(),
        issuer: facts.issuer,
        not_before: Time(facts.not_before),
        not_after: Time(facts.not_after),
    };
    let authority = |facts: tls::AuthorityFacts| Authority {
        fingerprint: facts.fingerprint_text(),
        name: facts.name,
        not_after: Time(facts.not_after),
    };
    let trouble = |t: tls::Trouble| Trouble { code: t.code, message: t.message, since: Time(t.since) };
    Shown {
        source: standing.source,
        certificate: standing.certificate.map(certificate),
        is_the_wanted: standing.is_the_wanted,
        is_public: standing.is_public,
        authority: standing.authority.map(authority),
        guide,
        trouble: standing.trouble.map(trouble),
        next_try_at: standing.next_try.map(Time),
    }
}

/// Tells of the certificate.
#[utoipa::path(get, path = "/tls", tag = "site",
    responses((status = 200, description = "How HTTPS stands", body = Shown), Problem))]
pub(super) async fn get_tls(
    State(app): State<App>,
    _: Caller<Settings>,
    headers: HeaderMap,
) -> Answer<Json<Shown>> {
    Ok(Json(match app.tls() {
        Some(tls) => {
            let standing = tls.standing();
            let guide = guide(&app, &standing, &headers)?;
            shown(standing, guide)
        }
        None => Shown {
            source: "off",
            certificate: None,
            is_the_wanted: true,
            is_public: false,
            authority: None,
            guide: None,
            trouble: None,
            next_try_at: None,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn a_phone_is_told_to_trust_what_it_will_be_shown_and_nothing_else() {
        let names = ["may-ghi.local", "192.168.1.10", "fd00::1"].map(str::to_owned);
        let ours = |address: &str| is_ours(address, "http://192.168.1.11:8080/trust", &names);
        for address in [
            "https://192.168.1.11:8080",
            "https://MAY-GHI.local:8443",
            "https://[fd00::1]:8080",
            "https://192.168.1.10",
        ] {
            assert!(ours(address), "{address}");
        }
        for address in ["https://camera.example.vn", "http://192.168.1.10:8080", "https://192.168.1.1", ""] {
            assert!(!ours(address), "{address}");
        }
    }
}
