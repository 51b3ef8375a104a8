//! Pure. What a stream is fetched from, and how long to wait for what.

use std::time::Duration;

use crate::base::{CameraNetworks, Credentials, RtspUrl, StreamKey};

/// How packets travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Inside the RTSP connection; nothing is lost on the way.
    #[default]
    Tcp,
    /// By UDP, for cameras that cannot do otherwise; late packets are lost.
    Udp,
}

/// One stream of a camera.
#[derive(Clone, Debug)]
pub struct StreamSource {
    /// Local key in the hub.
    pub key: StreamKey,
    /// Name for logs.
    pub name: String,
    /// Where it is.
    pub url: RtspUrl,
    /// What the camera asks for, by Basic or Digest.
    pub credentials: Option<Credentials>,
    /// How packets travel.
    pub transport: Transport,
    /// Where it may be.
    pub networks: CameraNetworks,
}

/// How long a camera may take. Tests use shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Connecting and describing.
    pub connect: Duration,
    /// Each later answer.
    pub answer: Duration,
    /// From `PLAY` to the first picture.
    pub first_picture: Duration,
    /// From the first picture to the first key frame; longer than the longest interval cameras can be set to.
    pub key_frame: Duration,
    /// Without a picture until the stream is called stalled.
    pub stalled: Duration,
    /// Without a picture until the session is given up.
    pub silence: Duration,
    /// For saying goodbye.
    pub teardown: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            first_picture: Duration::from_secs(10),
            key_frame: Duration::from_secs(70),
            stalled: Duration::from_secs(2),
            silence: Duration::from_secs(5),
            teardown: Duration::from_secs(1),
        }
    }
}
