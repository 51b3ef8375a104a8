//! Gets certificates, keeps them in files, renews them, and says how it stands.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::acme::{self, Challenges};
use super::authority::Authority;
use super::names::Hosts;
use super::read::Pair;
use super::shown::{self, Shown};
use super::standing::{AuthorityFacts, Standing, Trouble, authority_facts};
use crate::base::{Error, Host, Result, Secret, SharedClock, Stop, TICKS_PER_SECOND, Ticks};
use crate::config::{CertificateSource, Tls as Config};
use crate::storage::put_private;

/// How often files, names and addresses are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A certificate is renewed when this part of its life is left: a month of ninety days.
pub(super) const RENEW: f64 = 1.0 / 3.0;
/// For so long after it has given a certificate, in ticks, a public authority is left alone.
const CONTENT: i64 = 6 * 3600 * TICKS_PER_SECOND;
/// What a public authority gave, with its key.
const PUBLIC: &str = "acme.pem";
/// Who we are to that authority.
const ACCOUNT: &str = "acme-account.json";

/// Handle to the certificates; cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

pub(super) struct Inner {
    pub(super) config: Config,
    pub(super) folder: PathBuf,
    pub(super) clock: SharedClock,
    pub(super) hosts: Box<dyn Fn() -> Hosts + Send + Sync>,
    pub(super) shown: Arc<Shown>,
    server: Arc<ServerConfig>,
    challenges: Challenges,
    /// Held while files are read and written.
    shelf: Mutex<Shelf>,
    /// What of it others ask for; they never wait for a disk.
    told: RwLock<Told>,
    look_again: Notify,
}

/// What is told of the shelf.
#[derive(Default)]
struct Told {
    authority: Option<AuthorityFacts>,
    trouble: Option<Trouble>,
    next_try: Option<Ticks>,
}

/// What was seen last.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) authority: Option<Authority>,
    /// How the given files looked when they were read.
    stamps: Option<[Stamp; 2]>,
    trouble: Option<Trouble>,
    /// A file of the own authority could not be written: it is tried again.
    pub(super) unwritten: bool,
    /// Tries with the public authority that have failed since the last that did not.
    failures: u32,
    next_try: Option<Ticks>,
    /// A public authority has given something: whatever it was, it is not asked again before.
    content_until: Option<Ticks>,
}

/// Changes when a file does.
type Stamp = (Option<SystemTime>, u64);

impl Tls {
    /// Takes what is in the files and makes what is missing; asks nobody. `hosts` tells what the machine is called.
    ///
    /// # Errors
    /// Only a mistake of ours: whatever else is wrong is a [`Trouble`], as recording must go on.
    pub fn open(
        config: Config,
        folder: PathBuf,
        clock: SharedClock,
        hosts: impl Fn() -> Hosts + Send + Sync + 'static,
    ) -> Result<Self> {
        let shown = Shown::new(matches!(config.source, CertificateSource::Acme(_)));
        let server = shown::server(Arc::clone(&shown))?;
        let (hosts, challenges, shelf) = (Box::new(hosts), Challenges::default(), Mutex::default());
        let (told, look_again) = (RwLock::default(), Notify::new());
        let inner =
            Inner { config, folder, clock, hosts, shown, server, challenges, shelf, told, look_again };
        let tls = Self(Arc::new(inner));
        tls.0.look();
        if let CertificateSource::Acme(_) = tls.0.config.source {
            tls.0.load_public();
        }
        Ok(tls)
    }

    /// Looks at files, names and addresses every minute, and renews; until stopped.
    pub async fn run(self, stop: Stop) {
        loop {
            self.look().await;
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.0.look_again.notified() => tracing::info!("certificates are looked at as asked"),
            }
        }
    }

    /// Has [`Self::run`] look at once.
    pub fn look_again(&self) {
        self.0.look_again.notify_one();
    }

    /// Looks once, and renews what is due.
    pub async fn look(&self) {
        let inner = Arc::clone(&self.0);
        // A disk may be slow.
        let _ = tokio::task::spawn_blocking(move || inner.look()).await;
        self.0.ask_authority().await;
    }

    /// Makes a connection secret. It is the caller's to give up after a while.
    ///
    /// # Errors
    /// What the other end did wrong, or that there is no certificate.
    pub async fn accept<IO: AsyncRead + AsyncWrite + Unpin>(&self, io: IO) -> io::Result<TlsStream<IO>> {
        TlsAcceptor::from(Arc::clone(&self.0.server)).accept(io).await
    }

    /// What an authority is to be told that asks for a token (RFC 8555 section 8.3).
    pub fn challenge(&self, token: &str) -> Option<String> {
        self.0.challenges.answer(token)
    }

    /// Every browser trusts what is shown to those who come by its names.
    pub fn is_public(&self) -> bool {
        let known = matches!(&self.0.config.source, CertificateSource::Acme(how) if how.root.is_none());
        known && self.0.shown.given().is_some_and(|facts| facts.left(self.0.clock.now()) > 0.0)
    }

    /// How it stands; from memory.
    pub fn standing(&self) -> Standing {
        let (given, own) = (self.0.shown.given(), self.0.shown.own());
        let told = self.0.told.read().unwrap_or_else(PoisonError::into_inner);
        let source = match &self.0.config.source {
            CertificateSource::Own => "own",
            CertificateSource::Files { .. } => "files",
            CertificateSource::Acme(_) => "acme",
        };
        let is_the_wanted = source == "own" || given.is_some();
        Standing {
            source,
            is_public: self.is_public(),
            is_the_wanted,
            certificate: given.or(own),
            authority: told.authority.clone(),
            trouble: told.trouble.clone(),
            next_try: told.next_try,
        }
    }
}

impl Inner {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, shelf: &Shelf) {
        *self.told.write().unwrap_or_else(PoisonError::into_inner) = Told {
            authority: shelf.authority.as_ref().map(authority_facts),
            trouble: shelf.trouble.clone(),
            next_try: shelf.next_try,
        };
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Own authority and given files, as they are now.
    fn look(&self) {
        let now = self.clock.now();
        let mut shelf = self.shelf();
        let own = self.look_after_own(&mut shelf, now);
        let given = match &self.config.source {
            CertificateSource::Files { certificate, key } => self.look_at_files(&mut shelf, certificate, key),
            _ => Ok(()),
        };
        match own.map_err(|e| ("not_written", e)).and(given.map_err(|e| ("files_unreadable", e))) {
            // The public authority's trouble is over when it has answered.
            Ok(()) if shelf.trouble.as_ref().is_some_and(|t| t.code == "acme_failed") => {}
            Ok(()) => shelf.trouble = None,
            Err((code, error)) => shelf.complain(code, &error, now),
        }
        self.tell(&shelf);
    }

    /// Reads the files when they are not what they were; while they are wrong, what was read before is shown on.
    fn look_at_files(&self, shelf: &mut Shelf, certificate: &Path, key: &Path) -> Result<()> {
        let stamps = [stamp(certificate)?, stamp(key)?];
        if shelf.stamps == Some(stamps) && self.shown.given().is_some() {
            return Ok(());
        }
        let pair = Pair::read(&contents(certificate)?, &contents(key)?).map_err(|e| {
            let (certificate, key) = (certificate.display(), key.display());
            Error::invalid(format!("{certificate} and {key}: {}", e.message())).because(e)
        })?;
        tracing::info!(until = %pair.facts.not_after, "the certificate was read from its files");
        self.shown.put_given(pair);
        shelf.stamps = Some(stamps);
        Ok(())
    }

    /// What a public authority gave before.
    fn load_public(&self) {
        let Ok(pem) = std::fs::read(self.file(PUBLIC)) else { return };
        match Pair::read(&pem, &pem) {
            Ok(pair) => self.shown.put_given(pair),
            Err(error) => {
                tracing::warn!(error = %error, "the public certificate's file cannot be used; it is asked for anew")
            }
        }
    }

    /// Asks the public authority when it is time.
    async fn ask_authority(self: &Arc<Self>) {
        let CertificateSource::Acme(how) = &self.config.source else { return };
        let now = self.clock.now();
        let has = self.shown.given().is_some_and(|facts| {
            let is_for = |name: &String| facts.names.contains(&Host::Dns(name.clone()));
            facts.left(now) > RENEW && how.names.iter().all(is_for)
        });
        let not_before = {
            let shelf = self.shelf();
            shelf.next_try.max(shelf.content_until)
        };
        if has || not_before.is_some_and(|next| now < next) {
            return;
        }
        tracing::info!(names = ?how.names, directory = %how.directory, "asking for a certificate");
        let asked = match acme::ask(how, &self.file(ACCOUNT), &self.challenges).await {
            Ok(pem) => {
                let inner = Arc::clone(self);
                let kept = tokio::task::spawn_blocking(move || inner.keep_public(&pem)).await;
                kept.unwrap_or_else(|e| Err(Error::internal("a certificate was not kept").because(e)))
            }
            Err(error) => Err(error),
        };
        let now = self.clock.now();
        let mut shelf = self.shelf();
        match asked {
            Ok(until) => {
                tracing::info!(until = %until, "a certificate was given");
                (shelf.failures, shelf.next_try, shelf.trouble) = (0, None, None);
                shelf.content_until = Some(now + CONTENT);
            }
            Err(error) => {
                shelf.failures += 1;
                let wait_s = acme::wait_s(shelf.failures, acme::chance());
                shelf.next_try = Some(now + wait_s * TICKS_PER_SECOND);
                shelf.complain("acme_failed", &error, now);
            }
        }
        self.tell(&shelf);
    }

    /// Shows what a public authority gave, and keeps it; until when it holds.
    fn keep_public(&self, pem: &Secret) -> Result<Ticks> {
        let bytes = pem.expose().as_bytes();
        let pair = Pair::read(bytes, bytes)?;
        let until = pair.facts.not_after;
        self.shown.put_given(pair);
        put_private(&self.file(PUBLIC), bytes)?;
        Ok(until)
    }
}

impl Shelf {
    /// Says it once, and keeps since when.
    fn complain(&mut self, code: &'static str, error: &Error, now: Ticks) {
        let message = error.message().to_owned();
        let known = self.trouble.as_ref().filter(|t| t.code == code);
        if known.is_none_or(|t| t.message != message) {
            tracing::warn!(error = ?error, "a certificate cannot be had");
        }
        let since = known.map_or(now, |t| t.since);
        self.trouble = Some(Trouble { code, message, since });
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
    move |e| {
        Error::io(
            format!("{} cannot be read; see that it is there and may be read by lanewatch", path.display()),
            e,
        )
    }
}

fn stamp(path: &Path) -> Result<Stamp> {
    let meta = std::fs::metadata(path).map_err(unreadable(path))?;
    Ok((meta.modified().ok(), meta.len()))
}

fn contents(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(unreadable(path))
}
