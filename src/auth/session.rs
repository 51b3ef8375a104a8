//! Signing in and out, and who a token belongs to.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::attempts::{Attempts, Origin};
use super::device::Devices;
use super::identity::{Identity, Means};
use super::password::Hasher;
use super::people::plain_name;
use super::rights::{Role, of_token};
use super::share::Shares;
use super::token::{Digest, fresh_code, fresh_token, read_code};
use crate::base::{Error, Kind, Result, Secret, SharedClock, TICKS_PER_SECOND, Ticks};
use crate::catalogue::{
    AuditAction, Catalogue, LiveReach, NewAudit, NewSession, Person, Scope, Session, TokenHash,
};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A session that is not used so long ends.
const IDLE: i64 = 12 * HOUR;
/// A session ends so long after its beginning.
const ABSOLUTE: i64 = 30 * DAY;
/// The same for a browser that alerts are sent to: whoever is woken by one has no time to sign in.
const IDLE_TOLD: i64 = 30 * DAY;
const ABSOLUTE_TOLD: i64 = 180 * DAY;
/// What could do harm asks for the password when it was not typed for so long: phones are lost, and rooms stand open.
const PROOF: i64 = 12 * HOUR;
/// What begins later than this from now was begun by a clock that was ahead and has been set right since: it is not valid, for it
/// would be for as long as the clock was wrong.
const AHEAD: i64 = DAY;
/// Use is noted at most this often: a page makes hundreds of requests.
const NOTE_EVERY: i64 = 5 * MINUTE;
/// How long a one-time code can be used.
const CODE: i64 = 15 * MINUTE;
/// The person who is always there: a code on the machine's screen signs in as this one.
pub(super) const ADMIN: &str = "admin";
/// Characters of what a browser calls itself that are kept.
const AGENT: usize = 200;

/// Answers who may come in.
pub struct Auth {
    catalogue: Catalogue,
    clock: SharedClock,
    hasher: Hasher,
    devices: Devices,
    attempts: Mutex<Attempts>,
    shares: Shares,
}

/// Where a try to sign in comes from.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// Its address.
    pub peer: IpAddr,
    /// What the browser calls itself; may be empty.
    pub agent: &'a str,
    /// The mark of a device that has signed in before.
    pub device: Option<&'a str>,
}

/// Why somebody was not let in.
#[derive(Debug)]
pub enum Denied {
    /// Password or code is wrong; which of the reasons it is stays here.
    Wrong,
    /// Too many tries; the next counts after so many seconds.
    TooMany {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// It could not be found out.
    Failed(Error),
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A new session.
#[derive(Debug)]
pub struct SignedIn {
    /// The session's token, for the client alone.
    pub token: Secret,
    /// Says later that this device has signed in before; opens nothing.
    pub device: Secret,
    /// Seconds after which it ends at the latest.
    pub max_age_s: i64,
}

/// Whether what somebody came in with still allows what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It does.
    Valid,
    /// It allows something else now: other rights, or other cameras.
    Changed,
    /// It has ended.
    Over,
}

/// How long a session lasts without use, and since its beginning.
fn limits(session: &Session) -> (i64, i64) {
    if session.told { (IDLE_TOLD, ABSOLUTE_TOLD) } else { (IDLE, ABSOLUTE) }
}

/// What the tries of an account are counted by.
fn account(name: &str) -> Digest {
    Digest::of(&[b"account", name.as_bytes()])
}

fn session_hash(token: &str) -> TokenHash {
    TokenHash(Digest::of(&[b"session", token.as_bytes()]).0)
}

fn bearer_hash(token: &str) -> TokenHash {
    TokenHash(Digest::of(&[b"bearer", token.as_bytes()]).0)
}

impl Auth {
    /// Prepares signing in; adds the one person at the first start.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub async fn open(catalogue: Catalogue, clock: SharedClock) -> Result<Self> {
        catalogue.ensure_person(ADMIN, ADMIN).await?;
        let (devices, hasher) = (Devices::open(&catalogue).await?, Hasher::new().await?);
        let (attempts, shares) = (Mutex::new(Attempts::new()), Shares::new());
        Ok(Self { catalogue, clock, hasher, devices, attempts, shares })
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    pub(super) fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    pub(super) fn shares(&self) -> &Shares {
        &self.shares
    }

    async fn admin(&self) -> Result<Person> {
        let person = self.catalogue.person(ADMIN).await?;
        person.ok_or_else(|| {
            Error::new(Kind::Corrupt, "the catalogue has lost its administrator; restart the service")
        })
    }

    /// Somebody is guessing passwords, or was within the last ten minutes.
    pub fn is_guessed_at(&self) -> bool {
        self.attempts().are_guesses(self.clock.monotonic())
    }

    /// True once the machine's own account has a password.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn password_set(&self) -> Result<bool> {
        Ok(self.admin().await?.has_password)
    }

    /// A code that signs in once within 15 minutes: for the machine's screen and for nobody else.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn one_time_code(&self) -> Result<Secret> {
        let code = fresh_code();
        let hash = read_code(code.expose())
            .ok_or_else(|| Error::internal("a fresh code cannot be read; report this"))?;
        self.catalogue.add_login_code(TokenHash(hash.0), self.clock.now() + CODE).await?;
        Ok(code)
    }

    /// Begins a session with the name and password of a person; without a name it is the account of the machine.
    ///
    /// # Errors
    /// [`Denied`]: the same, after the same work, for a wrong password, an unknown name and somebody who may not.
    pub async fn sign_in(
        &self,
        name: Option<&str>,
        password: Secret,
        client: &Client<'_>,
    ) -> Result<SignedIn, Denied> {
        let name = name.map_or_else(|| ADMIN.to_owned(), plain_name);
        let person = self.catalogue.person(&name).await?.filter(|person| person.enabled);
        let right = self.try_password(&name, person.as_ref().map(|p| p.id), password, client).await?;
        let Some(person) = person.filter(|_| right) else {
            // Not the name: people type passwords there.
            self.note("", AuditAction::SignInFailed, client);
            return Err(Denied::Wrong);
        };
        tracing::info!(peer = %client.peer, person = person.name, "signed in with a password");
        self.note(&person.name, AuditAction::SignIn, client);
        Ok(self.begin(&person, "password", client).await?)
    }

    /// Whether this is the person's password. A wrong one counts against the account and where it came from; nobody's
    /// takes as long as somebody's.
    async fn try_password(
        &self,
        name: &str,
        person: Option<Uuid>,
        password: Secret,
        client: &Client<'_>,
    ) -> Result<bool, Denied> {
        let account = account(name);
        let origin = self.origin(client, Some(account));
        if let Err(denied) = self.attempt(|attempts, now| attempts.password(account, origin, now)) {
            self.attempts().wrong(origin, self.clock.monotonic());
            return Err(denied);
        }
        let hash = match person {
            Some(person) => self.catalogue.password_hash(person).await?,
            None => None,
        };
        let right = self.hasher.verify(password, hash).await?;
        if right {
            self.attempts().right(account, origin);
        } else {
            self.attempts().wrong(origin, self.clock.monotonic());
            tracing::warn!(peer = %client.peer, known_device = origin.device.is_some(), "a wrong password was tried");
        }
        Ok(right)
    }

    fn note(&self, actor: &str, action: AuditAction, client: &Client<'_>) {
        let (actor, peer) = (actor.to_owned(), client.peer.to_string());
        self.catalogue.note(NewAudit { actor, action, camera: None, detail: serde_json::json!({}), peer });
    }

    /// Begins a session with a one-time code, which is used up.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn sign_in_with_code(&self, code: &Secret, client: &Client<'_>) -> Result<SignedIn, Denied> {
        let origin = self.origin(client, None);
        self.attempt(|attempts, now| attempts.code(origin, now))?;
        let Some(hash) = read_code(code.expose()) else { return Err(Denied::Wrong) };
        if !self.catalogue.use_login_code(TokenHash(hash.0), self.clock.now()).await? {
            self.note("", AuditAction::SignInFailed, client);
            tracing::warn!(peer = %client.peer, "a wrong or used one-time code was tried");
            return Err(Denied::Wrong);
        }
        self.attempts().right_code(origin);
        tracing::info!(peer = %client.peer, "signed in with a one-time code");
        let person = self.admin().await?;
        self.note(&person.name, AuditAction::SignIn, client);
        Ok(self.begin(&person, "code", client).await?)
    }

    /// Where somebody comes from who wants in at an account, if it is one.
    pub(super) fn origin(&self, client: &Client<'_>, account: Option<Digest>) -> Origin {
        let device = client.device.zip(account).and_then(|(mark, account)| self.devices.known(mark, account));
        Origin { address: client.peer, device }
    }

    pub(super) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn attempt(
        &self,
        count: impl FnOnce(&mut Attempts, i64) -> Result<(), u64>,
    ) -> Result<(), Denied> {
        count(&mut self.attempts(), self.clock.monotonic())
            .map_err(|retry_after_s| Denied::TooMany { retry_after_s })
    }

    pub(super) async fn begin(&self, person: &Person, kind: &str, client: &Client<'_>) -> Result<SignedIn> {
        let token = fresh_token();
        let (hash, expires) = (session_hash(token.expose()), self.clock.now() + IDLE);
        let session = NewSession {
            hash,
            person: person.id,
            kind: kind.to_owned(),
            expires,
            peer: client.peer.to_string(),
            agent: client.agent.chars().filter(|c| !c.is_control()).take(AGENT).collect(),
        };
        self.catalogue.add_session(session).await?;
        Ok(SignedIn {
            token,
            device: self.devices.mark(account(&person.name)),
            max_age_s: ABSOLUTE_TOLD / TICKS_PER_SECOND,
        })
    }

    /// Whose session this is; `None` when there is none that is valid. Being asked counts as use.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn session(&self, token: &str) -> Result<Option<Identity>> {
        let hash = session_hash(token);
        let Some(session) = self.valid(hash).await? else { return Ok(None) };
        self.note_use(hash, &session);
        self.of_session(hash, session).map(Some)
    }

    fn of_session(&self, hash: TokenHash, session: Session) -> Result<Identity> {
        // Typed by a clock that was ahead: nobody knows when.
        let stale = !(-AHEAD..=PROOF).contains(&(self.clock.now() - session.proved));
        let Person {
            id: person,
            name,
            display_name,
            role,
            has_password,
            reach,
            scope,
            live,
            live_scope,
            locale,
            phone,
            ..
        } = session.person;
        let role: Role = role.parse()?;
        Ok(Identity {
            name,
            display_name,
            role: Some(role),
            rights: role.rights(),
            locale,
            phone,
            scope,
            reach,
            live,
            live_scope,
            means: Means::Session { hash, person, has_password, stale: stale && has_password },
        })
    }

    async fn valid(&self, hash: TokenHash) -> Result<Option<Session>> {
        let session = self.catalogue.session(hash).await?;
        Ok(session.filter(|session| self.is_young(session)))
    }

    pub(super) fn is_young(&self, session: &Session) -> bool {
        (-AHEAD..limits(session).1).contains(&(self.clock.now() - session.created))
    }

    fn note_use(&self, hash: TokenHash, session: &Session) {
        let now = self.clock.now();
        let (idle, absolute) = limits(session);
        let expires: Ticks = Ord::min(now + idle, session.created + absolute);
        // Also at once when it is to last for longer: a phone that was just made to be told may not be used again before long.
        if now - session.seen >= NOTE_EVERY || expires - session.expires > IDLE {
            self.catalogue.touch_session(hash, expires);
        }
    }

    /// Whose bearer token this is; `None` when there is none that is valid.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn bearer(&self, token: &str) -> Result<Option<Identity>> {
        self.of_token(bearer_hash(token)).await
    }

    async fn of_token(&self, hash: TokenHash) -> Result<Option<Identity>> {
        let Some(scope) = self.catalogue.token(hash).await? else { return Ok(None) };
        Ok(Some(Identity {
            name: "token".to_owned(),
            display_name: String::new(),
            role: None,
            rights: of_token(&scope)?,
            locale: "vi".to_owned(),
            phone: String::new(),
            scope: Scope::everything().clone(),
            reach: None,
            live: LiveReach::default(),
            live_scope: Scope::everything().clone(),
            means: Means::Token(hash),
        }))
    }

    /// Whether the session or token that somebody came in with still allows what it did: for connections that stay open.
    /// Being asked counts as use of a session when it is `in_use`.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn still_valid(&self, identity: &Identity, in_use: bool) -> Result<Validity> {
        let now = match identity.means {
            Means::Session { hash, .. } => {
                let session = self.valid(hash).await?;
                if let Some(session) = session.as_ref().filter(|_| in_use) {
                    self.note_use(hash, session);
                }
                session.map(|session| self.of_session(hash, session)).transpose()?
            }
            Means::Token(hash) => self.of_token(hash).await?,
        };
        Ok(match now {
            Some(now) if now.may_the_same(identity) => Validity::Valid,
            Some(_) => Validity::Changed,
            None => Validity::Over,
        })
    }

    /// Somebody types their password again, in the session that they have.
    ///
    /// # Errors
    /// [`Denied`]: `Wrong` also for a machine.
    pub async fn prove(
        &self,
        identity: &Identity,
        password: Secret,
        client: &Client<'_>,
    ) -> Result<(), Denied> {
        let Means::Session { hash, person, .. } = identity.means else { return Err(Denied::Wrong) };
        if !self.try_password(&identity.name, Some(person), password, client).await? {
            self.note(&identity.name, AuditAction::SignInFailed, client);
            return Err(Denied::Wrong);
        }
        Ok(self.catalogue.session_proved(hash).await?)
    }

    /// Ends the session that somebody came in with.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn sign_out(&self, identity: &Identity) -> Result<()> {
        match identity.means {
            Means::Session { hash, .. } => self.catalogue.end_session(hash).await,
            Means::Token(_) => Ok(()),
        }
    }

    /// Sets the person's password, ends all sessions and begins a new one for whoever set it.
    ///
    /// # Errors
    /// `Forbidden` for a machine, `Invalid` when the password is too easy, or when the catalogue cannot be written.
    pub async fn set_password(
        &self,
        identity: &Identity,
        password: Secret,
        client: &Client<'_>,
    ) -> Result<SignedIn> {
        let Means::Session { person, .. } = identity.means else {
            return Err(Error::new(Kind::Forbidden, "a token has no password; sign in as a person"));
        };
        let hash = self.hasher.hash(password).await?;
        self.catalogue.set_password(person, &hash).await?;
        let ended = self.catalogue.end_other_sessions(person, None).await?;
        tracing::info!(ended, "the password was changed and all sessions ended");
        let gone = || Error::not_found("this person was removed meanwhile");
        let person = self.catalogue.person_by_id(person).await?.ok_or_else(gone)?;
        self.note(&person.name, AuditAction::Password, client);
        self.begin(&person, "password", client).await
    }

    /// A new bearer token for a machine; it is shown once.
    ///
    /// # Errors
    /// `Invalid` for unknown rights, or when the catalogue cannot be written.
    pub async fn add_token(&self, name: &str, scopes: &str) -> Result<Secret> {
        of_token(scopes)?;
        let words: Vec<&str> = scopes.split_whitespace().collect();
        let token = fresh_token();
        self.catalogue.add_token(bearer_hash(token.expose()), name, &words.join(" ")).await?;
        Ok(token)
    }

    /// Revokes a bearer token; `false` when it was not valid.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn revoke_token(&self, token: &Secret) -> Result<bool> {
        self.catalogue.revoke_token(bearer_hash(token.expose())).await
    }
}
