//! Pure. Where the recorder may be made to connect to. A browser names its push service and a person a webhook: neither may
//! make the recorder talk to what stands beside it in the network, nor to itself.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::base::{Error, Result};

/// Push services of the browsers that there are; with a dot in front: any host below.
const PUSH_HOSTS: [&str; 5] = [
    // Chrome, Edge on Android, Samsung Internet.
    "fcm.googleapis.com",
    "android.googleapis.com",
    // Firefox.
    ".push.services.mozilla.com",
    // Safari.
    ".push.apple.com",
    // Edge on Windows.
    ".notify.windows.com",
];

/// Hosts that the configuration lets the recorder reach although they are none of the above, or in a private network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalHosts(Vec<String>);

impl LocalHosts {
    /// Names and addresses, as they stand in an address.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    /// All of them.
    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    /// One of them.
    pub fn has(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        self.0.contains(&host)
    }
}

/// Whether an address is one on the open internet (IANA's registries of special-purpose addresses, RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => public4(v4),
        IpAddr::V6(v6) => public6(v6),
    }
}

fn public4(a: Ipv4Addr) -> bool {
    let [first, second, third, _] = a.octets();
    let special = a.is_private()
        || a.is_loopback()
        || a.is_link_local()
        || a.is_multicast()
        || a.is_broadcast()
        || a.is_documentation()
        || a.is_unspecified()
        || first == 0
        || first >= 240
        // Carriers' own (RFC 6598), protocol assignments, benchmarking.
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second));
    !special
}

fn public6(a: Ipv6Addr) -> bool {
    // What carries an IPv4 address is that: mapped, compatible, 6to4, NAT64, Teredo's are not looked into but refused.
    if let Some(v4) = a.to_ipv4_mapped() {
        return public4(v4);
    }
    let [first, second, ..] = a.segments();
    let global_unicast = first & 0xE000 == 0x2000;
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0DB8))
        || first == 0x2002
        || (first == 0x3FFF && second < 0x1000);
    global_unicast && !special
}

/// What may be asked of an address that somebody gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A browser's push endpoint: `https`, and one of the push services.
    Push,
    /// A webhook: `https` anywhere, `http` to hosts of the configuration.
    Webhook,
}

/// Refuses an address that the recorder must not be made to talk to. What its name stands for is looked at again when it is
/// connected to.
///
/// # Errors
/// `Invalid`, saying what would be right; the address itself is not repeated, it may be a secret.
pub(super) fn check(text: &str, purpose: Purpose, local: &LocalHosts) -> Result<Url> {
    if text.len() > 2000 {
        return Err(Error::invalid("this address is longer than 2000 characters"));
    }
    let url = Url::parse(text)
        .map_err(|_| Error::invalid("this is no address; write it like https://example.vn/path"))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let is_local = local.has(&host);
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    if !secure {
        let sentence = "this address must begin with https://; http:// is only for hosts that alert.local_hosts in the \
            configuration names";
        return Err(Error::invalid(sentence));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::invalid("this address must not hold a user name or password"));
    }
    let literal = match url.host() {
        Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
        Some(Host::Domain(_)) => None,
        None => return Err(Error::invalid("this address has no host")),
    };
    if is_local {
        return Ok(url);
    }
    if literal.is_some_and(|address| !is_public(address)) || host.eq_ignore_ascii_case("localhost") {
        let sentence = "this address is in a private network; name its host in alert.local_hosts in the configuration first";
        return Err(Error::invalid(sentence));
    }
    if purpose == Purpose::Push {
        let known = |allowed: &str| match allowed.strip_prefix('.') {
            Some(_) => host.to_ascii_lowercase().ends_with(allowed),
            None => host.eq_ignore_ascii_case(allowed),
        };
        if !PUSH_HOSTS.iter().any(|allowed| known(allowed)) || url.port().is_some() {
            return Err(Error::invalid("this browser's push service is not known to the recorder"));
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ok(text: &str, purpose: Purpose) -> bool {
        check(text, purpose, &LocalHosts::new(["ha.local".to_owned(), "10.0.0.9".to_owned()])).is_ok()
    }

    #[test]
    fn the_push_services_of_browsers_are_let_through_and_nobody_else() {
        for right in [
            "https://fcm.googleapis.com/fcm/send/abc",
            "https://updates.push.services.mozilla.com/wpush/v2/abc",
            "https://web.push.apple.com/abc",
            "https://wns2-par02p.notify.windows.com/w/?token=abc",
        ] {
            assert!(ok(right, Purpose::Push), "{right}");
        }
        for wrong in [
            "http://fcm.googleapis.com/a",
            "https://fcm.googleapis.com.evil.example/a",
            "https://evilpush.apple.com.example/a",
            "https://push.apple.com.evil.example/",
            "https://xpush.apple.com/",
            "https://fcm.googleapis.com:8443/a",
            "https://user@fcm.googleapis.com/a",
            "https://example.vn/a",
            "ftp://fcm.googleapis.com/a",
            "fcm.googleapis.com",
            "",
        ] {
            assert!(!ok(wrong, Purpose::Push), "{wrong}");
        }
    }

    #[test]
    fn private_networks_are_closed_however_they_are_written() {
        for wrong in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[ff02::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest",
            "https://0.0.0.0/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://100.64.0.1/",
            "https://localhost/",
            "https://LOCALHOST/",
            "https://[::]/",
            "https://198.18.0.1/",
            "https://192.0.0.1/",
            "http://example.vn/",
            "file:///etc/passwd",
            "gopher://10.0.0.1/",
        ] {
            assert!(!ok(wrong, Purpose::Webhook) && !ok(wrong, Purpose::Push), "{wrong}");
        }
        assert!(ok("https://example.vn/hook", Purpose::Webhook) && ok("https://8.8.8.8/", Purpose::Webhook));
        assert!(
            ok("http://ha.local:8123/api/webhook/x", Purpose::Webhook)
                && ok("http://10.0.0.9/x", Purpose::Webhook)
        );
        assert!(!ok("http://10.0.0.8/x", Purpose::Webhook));
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_as_public_as_its_mapped_form(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from(bits);
            prop_assert_eq!(is_public(v4.into()), is_public(v4.to_ipv6_mapped().into()));
        }
    }
}
