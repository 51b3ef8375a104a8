//! Camera addresses without their secrets.

use std::fmt;
use std::str::FromStr;

use super::{Credentials, Error, Result, Secret};

/// An `rtsp://` address that never carries a user name or password: these are split off when it is read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RtspUrl(url::Url);

impl RtspUrl {
    /// Reads an address as people paste it, and splits off the credentials it may carry.
    ///
    /// # Errors
    /// `Invalid`, naming what is wrong; the text itself is not repeated, as it may hold a password.
    pub fn split(text: &str) -> Result<(Self, Option<Credentials>)> {
        let mut url = url::Url::parse(text.trim()).map_err(|e| {
            Error::invalid(format!(
                "the camera address cannot be read ({e}); write it like rtsp://192.168.1.20:554/stream1"
            ))
        })?;
        if url.scheme() != "rtsp" {
            let scheme = url.scheme();
            return Err(Error::invalid(format!(
                "the camera address starts with {scheme}://; only rtsp:// is supported"
            )));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(Error::invalid(
                "the camera address has no host; write it like rtsp://192.168.1.20:554/stream1",
            ));
        }
        let username = percent_decode(url.username());
        let password = percent_decode(url.password().unwrap_or(""));
        let credentials = (!username.is_empty() || !password.is_empty())
            .then(|| Credentials { username, password: Secret::new(password) });
        if credentials.is_some() {
            let cleared = url.set_username("").and_then(|()| url.set_password(None));
            cleared.map_err(|()| Error::invalid("the camera address cannot carry a user name"))?;
        }
        url.set_fragment(None);
        Ok((Self(url), credentials))
    }

    /// The address without credentials.
    pub fn as_url(&self) -> &url::Url {
        &self.0
    }
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&b, tail)) = rest.split_first() {
        let hex = tail
            .get(..2)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (b, hex) {
            (b'%', Some(value)) => {
                out.push(value);
                rest = &tail[2..];
            }
            _ => {
                out.push(b);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl FromStr for RtspUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match Self::split(text)? {
            (url, None) => Ok(url),
            (_, Some(_)) => Err(Error::invalid(
                "the camera address must not carry a user name or password; give them separately",
            )),
        }
    }
}

impl fmt::Display for RtspUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RtspUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_split_off_and_never_shown() {
        let (url, credentials) =
            RtspUrl::split("rtsp://admin:p%40ss@10.0.0.7:554/main?x=1").expect("address");
        assert_eq!(url.to_string(), "rtsp://10.0.0.7:554/main?x=1");
        let credentials = credentials.expect("credentials");
        assert_eq!((credentials.username.as_str(), credentials.password.expose()), ("admin", "p@ss"));
        assert!(!format!("{credentials:?}").contains("p@ss"));
    }

    #[test]
    fn other_schemes_are_refused_without_repeating_the_text() {
        let error = RtspUrl::split("http://admin:canary@10.0.0.7/").expect_err("http is refused");
        assert!(error.message().contains("only rtsp://") && !error.message().contains("canary"));
    }
}
