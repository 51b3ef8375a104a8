//! Who asks, and by which right: a handler says in its signature what somebody must be allowed to do, and gets the
//! cameras on which they are. Without one it has no [`Scope`], and the catalogue answers nothing.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use futures::{Stream, StreamExt};
use serde_json::{Value, json};

use super::error::{Answer, Code, Problem};
use super::serve::Peer;
use super::{App, live};
use crate::auth::{Identity, Right};
use crate::base::{CameraId, Error};
use crate::catalogue::{AuditAction, NewAudit, Scope};

/// What a route needs.
pub(super) trait Needs: Send + Sync + 'static {
    /// What is done by it could do harm in wrong hands: where the password was not typed for long it is asked for first.
    const WEIGHTY: bool = false;

    /// The cameras that somebody gets with it.
    fn scope(who: &Identity) -> Result<Scope, Error>;
}

macro_rules! rights {
    ($weighty:literal: $($name:ident)+) => {$(
        #[doc = concat!("[`Right::", stringify!($name), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $name;

        impl Needs for $name {
            const WEIGHTY: bool = $weighty;

            fn scope(who: &Identity) -> Result<Scope, Error> {
                who.require(Right::$name)
            }
        }
    )+};
}

rights! { false: Metrics Live Playback Hold Zones Alerts }
rights! { true: Export Share People Settings }

/// A session or token, whatever it may do: for what is one's own. It shows no camera.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedIn;

impl Needs for SignedIn {
    fn scope(_: &Identity) -> Result<Scope, Error> {
        Ok(Scope::nothing())
    }
}

/// The same for what could do harm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proven;

impl Needs for Proven {
    const WEIGHTY: bool = true;

    fn scope(_: &Identity) -> Result<Scope, Error> {
        Ok(Scope::nothing())
    }
}

/// Who asks: there is one, and they may, or the request is refused. The guard has put them there.
#[derive(Clone, Debug)]
pub(super) struct Caller<R> {
    pub(super) who: Identity,
    /// The cameras that may be seen.
    pub(super) scope: Scope,
    /// From where.
    pub(super) peer: IpAddr,
    needs: PhantomData<fn() -> R>,
}

impl<R> Caller<R> {
    /// Notes what somebody did.
    pub(super) fn note(&self, app: &App, action: AuditAction, camera: Option<CameraId>, detail: Value) {
        let (actor, peer) = (self.who.name.clone(), self.peer.to_string());
        app.catalogue().note(NewAudit { actor, action, camera, detail, peer });
    }

    /// Notes that somebody watches a camera: once in a while, as a player asks many times.
    pub(super) fn note_watching(&self, app: &App, action: AuditAction, camera: CameraId) {
        if app.watched().is_news(&self.who, action, camera, app.clock().monotonic()) {
            self.note(app, action, Some(camera), json!({}));
        }
    }

    /// The body of an answer that may take long: it breaks off when the session ends or sees other cameras.
    pub(super) fn body<E: Into<axum::BoxError> + 'static>(
        &self,
        app: &App,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Body {
        let watching = Arc::new(AtomicBool::new(true));
        let (app, who) = (app.clone(), self.who.clone());
        Body::from_stream(bytes.take_until(Box::pin(live::ended(app, who, watching))))
    }
}

impl<R: Needs> FromRequestParts<App> for Caller<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Self> {
        let who = parts.extensions.get::<Identity>().cloned().ok_or_else(unauthenticated)?;
        let scope = R::scope(&who)?;
        if R::WEIGHTY && !parts.method.is_safe() && who.is_stale() {
            let sentence = "type your password once more: it was not asked for long on this device";
            return Err(Problem::new(Code::PasswordNeeded, sentence));
        }
        let Peer(peer) = Peer::from_request_parts(parts, app).await?;
        Ok(Self { who, scope, peer, needs: PhantomData })
    }
}

/// Who asks, on the few routes that are open to everybody.
#[derive(Clone, Debug)]
pub(super) struct Somebody(pub(super) Option<Identity>);

impl FromRequestParts<App> for Somebody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Answer<Self> {
        Ok(Self(parts.extensions.get::<Identity>().cloned()))
    }
}

/// Refusal of somebody who is not signed in.
pub(super) fn unauthenticated() -> Problem {
    Problem::new(Code::Unauthenticated, "sign in first")
}
