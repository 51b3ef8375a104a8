//! What the integration tests share.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

pub mod clips;
pub mod fake_camera;
pub mod recording;
