//! Who may invite, change and end whom. People are managed by those above them, as far as these see themselves.

use uuid::Uuid;

use super::identity::{Identity, public_id};
use super::rights::{Right, Role};
use super::session::{ADMIN, Auth, Client, Denied, SignedIn};
use super::token::{Digest, fresh_token};
use crate::base::{CameraId, Error, Kind, Result, Secret, TICKS_PER_SECOND};
use crate::catalogue::{
    AuditAction, Invite, LiveReach, NewAudit, NewInvite, Person, PersonPatch, Reach, Scope, Session,
    TokenHash,
};

/// How long an invite can be accepted.
const INVITE: i64 = 48 * 3600 * TICKS_PER_SECOND;
/// Letters of a sign-in name: those that every keyboard has.
const NAME: std::ops::RangeInclusive<usize> = 2..=32;
/// Characters of what people call somebody, and of an area.
const DISPLAY_NAME: usize = 100;
/// Cameras or areas in one reach.
const REACH: usize = 500;
/// Characters of a telephone number, and its fewest digits: that of the police is short.
const PHONE: usize = 24;
const DIGITS: usize = 3;
/// Languages that the app speaks.
const LOCALES: [&str; 2] = ["vi", "en"];

/// Somebody to invite.
#[derive(Clone, Debug)]
pub struct NewGuest {
    /// Sign-in name.
    pub name: String,
    /// As people call them; may be empty.
    pub display_name: String,
    /// What they will be.
    pub role: Role,
    /// Where they will be that; `None` = on the whole site.
    pub reach: Option<Reach>,
    /// Of what they will see live pictures besides.
    pub live: LiveReach,
}

/// What to change of a person; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    /// As people call them.
    pub display_name: Option<String>,
    /// What they are.
    pub role: Option<Role>,
    /// They may sign in.
    pub enabled: Option<bool>,
    /// Where they are that; `Some(None)` = on the whole site.
    pub reach: Option<Option<Reach>>,
    /// Of what they see live pictures besides.
    pub live: Option<LiveReach>,
    /// Language of what is written to them.
    pub locale: Option<String>,
}

fn invite_hash(token: &str) -> TokenHash {
    TokenHash(Digest::of(&[b"invite", token.as_bytes()]).0)
}

fn forbidden(sentence: &str) -> Error {
    Error::new(Kind::Forbidden, sentence)
}

fn nobody() -> Error {
    Error::not_found("there is no such person")
}

/// A sign-in name as it is kept: lower case.
pub(super) fn plain_name(name: &str) -> String {
    name.trim().to_lowercase()
}

fn check_name(name: &str) -> Result<String> {
    let name = plain_name(name);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    // Machines go by that name in the log.
    if !NAME.contains(&name.len()) || !name.chars().all(plain) || name == "token" {
        let sentence = "a sign-in name has 2 to 32 plain letters, digits, dots or hyphens; choose another";
        return Err(Error::invalid(sentence));
    }
    Ok(name)
}

fn check_text(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > DISPLAY_NAME || text.chars().any(char::is_control) {
        return Err(Error::invalid("a name has at most 100 characters on one line; shorten it"));
    }
    Ok(text.to_owned())
}

fn check_phone(phone: &str) -> Result<String> {
    let phone = phone.trim();
    let plain = |c: char| c.is_ascii_digit() || "+-. ()".contains(c);
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    if !phone.is_empty() && (phone.len() > PHONE || digits < DIGITS || !phone.chars().all(plain)) {
        let sentence = "a telephone number has 3 to 24 digits, spaces, dots, hyphens, brackets and +";
        return Err(Error::invalid(sentence));
    }
    Ok(phone.to_owned())
}

impl Identity {
    /// The role by which they manage others.
    fn managing(&self) -> Result<Role> {
        self.require(Right::People)?;
        Ok(self.role.unwrap_or(Role::Admin))
    }

    fn may_manage(&self, person: &Person) -> Result<bool> {
        let (mine, theirs): (Role, Role) = (self.managing()?, person.role.parse()?);
        Ok(mine.may_manage(theirs) && self.sees_as_much_as(person))
    }

    fn sees_as_much_as(&self, person: &Person) -> bool {
        self.scope.covers(&person.scope) && self.live_scope.covers(&person.live_scope)
    }

    /// Of an area they see all, as far as they are to give it away.
    fn has_area(&self, area: &String, live: bool) -> bool {
        let full = self.reach.as_ref().is_none_or(|mine| mine.areas.contains(area));
        full || live && (self.live.whole_site || self.live.areas.contains(area))
    }
}

impl Auth {
    /// Refuses what is given to somebody beyond what its giver has.
    async fn check_gift(
        &self,
        by: &Identity,
        role: Role,
        reach: Option<&Reach>,
        live: &LiveReach,
    ) -> Result<()> {
        if !by.managing()?.may_manage(role) {
            return Err(forbidden("you may not make anybody that; ask whoever looks after the recorder"));
        }
        let whole = |scope: &Scope| match scope.is_everything() {
            true => Ok(()),
            false => Err(forbidden("you do not see the whole site yourself; name some cameras")),
        };
        if live.whole_site {
            whole(&by.live_scope)?;
        }
        self.check_named(by, &by.live_scope, &live.cameras, &live.areas, true).await?;
        let Some(reach) = reach else { return whole(&by.scope) };
        if role == Role::Admin {
            return Err(Error::invalid("an administrator sees the whole site; leave the reach out"));
        }
        self.check_named(by, &by.scope, &reach.cameras, &reach.areas, false).await
    }

    async fn check_named(
        &self,
        by: &Identity,
        scope: &Scope,
        cameras: &[CameraId],
        areas: &[String],
        live: bool,
    ) -> Result<()> {
        if cameras.len() > REACH || areas.len() > REACH {
            return Err(Error::invalid("there are too many cameras or areas; name fewer"));
        }
        for camera in cameras {
            // Also one that others see is not there.
            if self.catalogue().camera(scope, &camera.to_string()).await?.is_none() {
                return Err(Error::not_found(format!(
                    "there is no camera {camera}; it may have been removed"
                )));
            }
        }
        for area in areas {
            if area.trim().is_empty() || check_text(area)? != *area {
                return Err(Error::invalid("an area has 1 to 100 characters on one line"));
            }
            if !by.has_area(area, live) {
                return Err(Error::not_found(format!("there is no area {area:?}")));
            }
        }
        Ok(())
    }

    /// The people that somebody may know of: all, or those who see no more than they do, and themselves.
    ///
    /// # Errors
    /// `Forbidden`; when the catalogue cannot be read.
    pub async fn people(&self, by: &Identity) -> Result<Vec<Person>> {
        by.managing()?;
        let mut all = self.catalogue().people().await?;
        all.retain(|person| person.id == by.id() || by.sees_as_much_as(person));
        Ok(all)
    }

    /// Those whom somebody who sees recordings may call about them: whoever said a number, and sees one of the same cameras.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn team(&self, scope: &Scope) -> Result<Vec<Person>> {
        let mut all = self.catalogue().people().await?;
        all.retain(|person| person.enabled && !person.phone.is_empty() && scope.meets(&person.live_scope));
        Ok(all)
    }

    /// Says where the team calls somebody.
    ///
    /// # Errors
    /// `Forbidden` for a machine, `Invalid`; when the catalogue cannot be used.
    pub async fn set_phone(&self, identity: &Identity, phone: &str) -> Result<()> {
        let phone = check_phone(phone)?;
        if !identity.is_person() {
            return Err(forbidden("a token has no telephone; sign in as a person"));
        }
        self.catalogue().set_phone(identity.id(), &phone).await
    }

    async fn known(&self, by: &Identity, id: Uuid) -> Result<Person> {
        self.people(by).await?.into_iter().find(|person| person.id == id).ok_or_else(nobody)
    }

    async fn managed(&self, by: &Identity, id: Uuid) -> Result<Person> {
        let person = self.known(by, id).await?;
        if !by.may_manage(&person)? {
            return Err(forbidden("you may not change this person; ask whoever looks after the recorder"));
        }
        Ok(person)
    }

    /// Changes a person who still has the revision that was seen. What they lose they lose at once.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Invalid`, `Conflict` when somebody changed them meanwhile; when the catalogue cannot be
    /// used.
    pub async fn change_person(
        &self,
        by: &Identity,
        id: Uuid,
        expected: i64,
        change: PersonChange,
    ) -> Result<Person> {
        let person = self.managed(by, id).await?;
        let weighty = change.role.is_some()
            || change.enabled.is_some()
            || change.reach.is_some()
            || change.live.is_some();
        if weighty && person.name == ADMIN {
            return Err(forbidden("this account is the way in from the machine itself; it stays as it is"));
        }
        if weighty && person.id == by.id() {
            return Err(forbidden("nobody changes their own rights; ask another administrator"));
        }
        let role = change.role.map_or_else(|| person.role.parse(), Ok)?;
        let reach = change.reach.clone().unwrap_or(person.reach);
        let live = change.live.clone().unwrap_or(person.live);
        if weighty {
            self.check_gift(by, role, reach.as_ref(), &live).await?;
        }
        if let Some(locale) = change.locale.as_deref().filter(|locale| !LOCALES.contains(locale)) {
            return Err(Error::invalid(format!("{locale:?} is no language of the app; use vi or en")));
        }
        let patch = PersonPatch {
            display_name: change.display_name.as_deref().map(check_text).transpose()?,
            role: change.role.map(|role| role.name().to_owned()),
            enabled: change.enabled,
            reach: change.reach,
            live: change.live,
            locale: change.locale,
        };
        self.catalogue().patch_person(id, expected, patch).await
    }

    /// Removes a person; answers their sign-in name.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`; when the catalogue cannot be used.
    pub async fn remove_person(&self, by: &Identity, id: Uuid) -> Result<String> {
        let person = self.managed(by, id).await?;
        if person.name == ADMIN || person.id == by.id() {
            return Err(forbidden("neither the account admin nor one's own can be removed"));
        }
        if !self.catalogue().remove_person(id).await? {
            return Err(nobody());
        }
        Ok(person.name)
    }

    /// Invites somebody; answers the link's token, for the one who invites, and the invite.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid`, `NotFound` for a camera, `Conflict` when the name is taken; when the catalogue cannot be
    /// written.
    pub async fn invite(&self, by: &Identity, guest: NewGuest) -> Result<(Secret, Invite)> {
        self.check_gift(by, guest.role, guest.reach.as_ref(), &guest.live).await?;
        let token = fresh_token();
        let invite = NewInvite {
            hash: invite_hash(token.expose()),
            name: check_name(&guest.name)?,
            display_name: check_text(&guest.display_name)?,
            role: guest.role.name().to_owned(),
            reach: guest.reach,
            live: guest.live,
            by: by.name.clone(),
            expires: self.clock().now() + INVITE,
            person: None,
        };
        Ok((token, self.catalogue().add_invite(invite).await?))
    }

    /// A link by which somebody who has forgotten their password sets another; answers its token and the invite.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Invalid` for somebody who is disabled; when the catalogue cannot be used.
    pub async fn invite_again(&self, by: &Identity, id: Uuid) -> Result<(Secret, Invite)> {
        let person = self.managed(by, id).await?;
        if person.name == ADMIN || person.id == by.id() {
            return Err(forbidden(
                "one changes one's own password in the app, that of the account admin on the machine",
            ));
        }
        if !person.enabled {
            return Err(Error::invalid("this person is disabled; enable them first"));
        }
        let token = fresh_token();
        let invite = NewInvite {
            hash: invite_hash(token.expose()),
            name: person.name,
            display_name: person.display_name,
            role: person.role,
            reach: person.reach,
            live: person.live,
            by: by.name.clone(),
            expires: self.clock().now() + INVITE,
            person: Some(person.id),
        };
        Ok((token, self.catalogue().add_invite(invite).await?))
    }

    /// Open invites that somebody may know of: all, or their own.
    ///
    /// # Errors
    /// `Forbidden`; when the catalogue cannot be read.
    pub async fn invites(&self, by: &Identity) -> Result<Vec<Invite>> {
        by.managing()?;
        let mut all = self.catalogue().invites().await?;
        all.retain(|invite| by.scope.is_everything() || invite.by == by.name);
        Ok(all)
    }

    /// Takes an open invite back; answers for whom it was.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`; when the catalogue cannot be used.
    pub async fn remove_invite(&self, by: &Identity, id: Uuid) -> Result<String> {
        let gone = || Error::not_found("there is no such invite; it may have been accepted or be over");
        let invite = self.invites(by).await?.into_iter().find(|invite| invite.id == id).ok_or_else(gone)?;
        if !by.managing()?.may_manage(invite.role.parse()?) {
            return Err(forbidden("you may not take this invite back"));
        }
        if self.catalogue().remove_invite(id).await? { Ok(invite.name) } else { Err(gone()) }
    }

    /// Makes a person of an invite, with a password that they choose, and begins their first session.
    ///
    /// # Errors
    /// [`Denied`]: `Wrong` when the invite is not open.
    pub async fn accept(
        &self,
        token: &Secret,
        password: Secret,
        client: &Client<'_>,
    ) -> Result<SignedIn, Denied> {
        let origin = self.origin(client, None);
        self.attempt(|attempts, now| attempts.code(origin, now))?;
        let hash = invite_hash(token.expose());
        // Before the work of hashing; a token cannot be guessed, so nobody learns anything by it.
        if self.catalogue().invite(hash).await?.is_none() {
            tracing::warn!(peer = %client.peer, "an invite was tried that is not open");
            return Err(Denied::Wrong);
        }
        let password_hash = self.hasher().hash(password).await?;
        let person = self.catalogue().accept_invite(hash, password_hash).await?.ok_or(Denied::Wrong)?;
        self.attempts().right_code(origin);
        tracing::info!(peer = %client.peer, person = person.name, "an invite was accepted");
        self.catalogue().note(NewAudit {
            actor: person.name.clone(),
            action: AuditAction::InviteAccepted,
            camera: None,
            detail: serde_json::json!({"role": person.role}),
            peer: client.peer.to_string(),
        });
        Ok(self.begin(&person, "invite", client).await?)
    }

    /// The sessions of somebody: one's own, or those of a person that one manages.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`; when the catalogue cannot be read.
    pub async fn sessions(&self, by: &Identity, of: Option<Uuid>) -> Result<Vec<(Uuid, Session)>> {
        let id = match of {
            Some(id) if id != by.id() => self.managed(by, id).await?.id,
            _ => by.id(),
        };
        let sessions = self.catalogue().sessions_of(id).await?;
        let valid = sessions.into_iter().filter(|session| self.is_young(session));
        Ok(valid.map(|session| (public_id(session.hash), session)).collect())
    }

    /// Ends a session of one's own, or of a person that one manages; answers whose.
    ///
    /// # Errors
    /// `NotFound`; when the catalogue cannot be used.
    pub async fn end_session(&self, by: &Identity, id: Uuid) -> Result<String> {
        let mut theirs = self.sessions(by, None).await?;
        if by.rights.allow(Right::People) {
            for person in self.people(by).await? {
                if person.id != by.id() && by.may_manage(&person)? {
                    theirs.extend(self.sessions(by, Some(person.id)).await?);
                }
            }
        }
        let found = theirs.into_iter().find(|(public, _)| *public == id);
        let (_, session) = found.ok_or_else(|| Error::not_found("there is no such session"))?;
        self.catalogue().end_session(session.hash).await?;
        Ok(session.person.name)
    }
}
