//! Where cameras may be. Whoever may add a camera names an address that the recorder then speaks to: it must not be led to what
//! listens on its own machine, nor by a name that stands for another address a moment later.

use core::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use url::{Host, Url};

/// Where cameras may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CameraNetworks {
    /// Anywhere but on this machine and at addresses that are nobody's in particular.
    #[default]
    Usual,
    /// The same, and on this machine.
    Here,
    /// In these networks and nowhere else.
    Only(Arc<[IpNet]>),
    /// Anywhere: for whoever sits at the machine itself.
    Anywhere,
}

/// Why an address is not spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// Its name stands for nothing.
    Unknown,
    /// Cameras may not be there.
    NotAllowed,
}

impl CameraNetworks {
    /// Whether a camera may be at an address.
    pub fn may(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Usual => is_somebodys(address),
            Self::Here => is_somebodys(address) || address.is_loopback(),
            Self::Only(networks) => networks.iter().any(|network| network.contains(&address)),
            Self::Anywhere => true,
        }
    }

    /// What the host of an address stands for: whoever connects connects to this, and does not look the name up again.
    ///
    /// # Errors
    /// [`Unreached`].
    pub async fn resolve(&self, url: &Url) -> Result<IpAddr, Unreached> {
        let found: Vec<IpAddr> = match url.host() {
            Some(Host::Ipv4(v4)) => vec![v4.into()],
            Some(Host::Ipv6(v6)) => vec![v6.into()],
            // Outside of the web's schemes numbers are read as names.
            Some(Host::Domain(name)) => match name.parse() {
                Ok(number) => vec![number],
                Err(_) => {
                    let found = tokio::net::lookup_host((name, 0)).await.map_err(|_| Unreached::Unknown)?;
                    found.map(|address| address.ip()).collect()
                }
            },
            None => Vec::new(),
        };
        if found.is_empty() {
            return Err(Unreached::Unknown);
        }
        found.into_iter().find(|address| self.may(*address)).ok_or(Unreached::NotAllowed)
    }
}

/// Not this machine, not whoever listens, and not what a network card makes up when nobody gives it an address.
fn is_somebodys(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => {
            let [first, ..] = a.octets();
            !(a.is_loopback() || a.is_link_local() || first == 0 || first >= 224)
        }
        IpAddr::V6(a) => {
            let first = a.segments()[0];
            // Embedded IPv4 addresses (NAT64, 6to4, Teredo) are not where cameras are.
            let carried = first == 0x0064 || first == 0x2002 || a.segments()[..2] == [0x2001, 0];
            !(first == 0 || first & 0xFFC0 == 0xFE80 || first >= 0xFF00 || carried)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(networks: &[&str]) -> CameraNetworks {
        CameraNetworks::Only(networks.iter().map(|network| network.parse().expect("a network")).collect())
    }

    #[test]
    fn cameras_are_in_the_network_and_not_on_this_machine() {
        for no in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "239.255.255.250",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:169.254.169.254",
            "fe80::1",
            "ff02::c",
            "64:ff9b::7f00:1",
            "2002:7f00:1::1",
            "2001:0:7f00:1::1",
        ] {
            assert!(!CameraNetworks::Usual.may(no.parse().expect("an address")), "{no}");
        }
        for yes in [
            "192.168.1.20",
            "10.0.0.7",
            "172.16.3.4",
            "100.64.0.9",
            "113.160.1.2",
            "fd00::20",
            "2405:4800::1",
        ] {
            assert!(CameraNetworks::Usual.may(yes.parse().expect("an address")), "{yes}");
        }
        for (address, may) in
            [("127.0.0.1", true), ("::1", true), ("10.0.0.7", true), ("169.254.169.254", false)]
        {
            assert_eq!(CameraNetworks::Here.may(address.parse().expect("an address")), may, "{address}");
        }
        let listed = only(&["192.168.7.0/24", "127.0.0.0/8", "fd00::/8"]);
        for (address, may) in [
            ("192.168.7.9", true),
            ("127.0.0.1", true),
            ("::ffff:192.168.7.9", true),
            ("fd00::1", true),
            ("192.168.1.20", false),
            ("113.160.1.2", false),
            ("::1", false),
        ] {
            assert_eq!(listed.may(address.parse().expect("an address")), may, "{address}");
        }
    }

    #[tokio::test]
    async fn every_spelling_of_this_machine_is_this_machine() {
        for host in [
            "127.0.0.1",
            "localhost",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[0:0:0:0:0:0:0:1]",
            "0.0.0.0",
            "0",
            "[::]",
            "127.000.000.001",
            "LOCALHOST",
            "localhost.",
            "169.254.1.1",
        ] {
            for scheme in ["rtsp", "http"] {
                let Ok(url) = Url::parse(&format!("{scheme}://{host}:554/a")) else { continue };
                let resolved = CameraNetworks::Usual.resolve(&url).await;
                assert!(resolved.is_err(), "{url} leads to {resolved:?}");
            }
        }
        let camera = Url::parse("rtsp://192.168.1.20:554/a?b=1").expect("an address");
        assert_eq!(CameraNetworks::Usual.resolve(&camera).await, Ok([192, 168, 1, 20].into()));
        let named = Url::parse("rtsp://localhost:8554/a").expect("an address");
        assert_eq!(
            only(&["127.0.0.0/8"]).resolve(&named).await,
            Ok([127, 0, 0, 1].into()),
            "the one that may be"
        );
        let six = Url::parse("rtsp://[fd00::20]:554/a").expect("an address");
        assert_eq!(CameraNetworks::Usual.resolve(&six).await, Ok("fd00::20".parse().expect("an address")));
    }
}
