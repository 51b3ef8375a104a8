//! Camera passwords and other secrets at rest: sealed with a key that is not in the catalogue, so that a copy of the file
//! tells none.
//!
//! The key comes from systemd (`$CREDENTIALS_DIRECTORY/lanewatch-key`, sealed by the TPM where there is one), else from
//! `catalogue.key` beside the catalogue, made at the first start for its owner alone. A sealed password is text,
//! `k1:` key id `:` nonce and ciphertext in hexadecimal (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03), and bound to
//! its camera: put into another row it cannot be read. Whoever has lost the key enters the passwords anew.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rustix::fs::{Mode, OFlags};
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;

use super::sql::{failed, statements, uuid};
use crate::base::{CameraId, Error, Result, Secret, hex, random_token};

statements! {
    BEGIN = "begin immediate";
    COMMIT = "commit";
    ALL = "select id, name, password from camera where password is not null";
    PUT = "update camera set password = ?2 where id = ?1";
    /// What stood in a row before is overwritten, not only let go.
    OVERWRITE = "pragma secure_delete = on";
    AS_BEFORE = "pragma secure_delete = off";
    EMPTY_LOG = "pragma wal_checkpoint(truncate)";
}

/// Form of what is sealed.
const FORM: &str = "k1";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Name of the key among systemd's credentials.
const CREDENTIAL: &str = "lanewatch-key";
/// Name of the key's file beside the catalogue.
const FILE: &str = "catalogue.key";

/// Seals and opens.
pub(super) struct Vault {
    /// Tells which key it was: the first bytes of its hash.
    id: String,
    cipher: XChaCha20Poly1305,
}

/// Bytes of hexadecimal text.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    if !digits.remainder().is_empty() {
        return None;
    }
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// What a sealed password belongs to.
fn place(camera: CameraId) -> String {
    format!("camera|{camera}|password")
}

fn key_file(catalogue: &Path) -> PathBuf {
    catalogue.with_file_name(FILE)
}

fn unusable(path: &Path, error: std::io::Error) -> Error {
    Error::io(format_args!("the key of the cameras' passwords, {}, cannot be used", path.display()), error)
}

/// The key's text in a file that only its owner may read; made when it is not there.
fn from_file(path: &Path) -> Result<String> {
    let fail = |e: rustix::io::Errno| unusable(path, e.into());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => {
            let (mut file, key) = (std::fs::File::from(file), random_token(KEY_BYTES));
            let written = file.write_all(key.as_bytes()).and_then(|()| file.sync_all());
            written.map_err(|e| unusable(path, e))?;
            return Ok(key);
        }
        Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(fail(error)),
    }
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(fail)?;
    let mode = rustix::fs::fstat(&file).map_err(fail)?.st_mode & 0o777;
    if mode & 0o077 != 0 {
        let path = path.display();
        let sentence = format!("the key {path} has mode {mode:o}, others could read it; run chmod 600 on it");
        return Err(Error::invalid(sentence));
    }
    let mut text = String::new();
    std::fs::File::from(file).read_to_string(&mut text).map_err(|e| unusable(path, e))?;
    Ok(text)
}

impl Vault {
    /// With the key of a catalogue.
    ///
    /// # Errors
    /// `Invalid` when others may read the key, or it is none; `Io` when it cannot be read or made.
    pub(super) fn open(catalogue: &Path) -> Result<Self> {
        let credential =
            std::env::var_os("CREDENTIALS_DIRECTORY").map(|dir| Path::new(&dir).join(CREDENTIAL));
        let text = match credential.filter(|path| path.exists()) {
            Some(path) => std::fs::read_to_string(&path).map_err(|e| unusable(&path, e))?,
            None => from_file(&key_file(catalogue))?,
        };
        let key = unhex(text.trim()).and_then(|key| <[u8; KEY_BYTES]>::try_from(key).ok());
        let key = key.ok_or_else(|| {
            Error::invalid(
                "the key of the cameras' passwords is not 64 hexadecimal digits; put the right one back",
            )
        })?;
        Ok(Self::with(key))
    }

    fn with(key: [u8; KEY_BYTES]) -> Self {
        Self { id: hex(&Sha256::digest(key)[..4]), cipher: XChaCha20Poly1305::new(&Key::from(key)) }
    }

    /// As it is stored.
    ///
    /// # Errors
    /// Never with the lengths that passwords have.
    pub(super) fn seal(&self, camera: CameraId, password: &Secret) -> Result<String> {
        self.seal_at(&place(camera), password)
    }

    /// The same for another secret: `place` names the row that it belongs to.
    ///
    /// # Errors
    /// Never with the lengths that secrets have.
    pub(super) fn seal_at(&self, place: &str, secret: &Secret) -> Result<String> {
        let broken = || Error::internal("a secret cannot be sealed; report this");
        let nonce = unhex(&random_token(NONCE_BYTES)).and_then(|n| <[u8; NONCE_BYTES]>::try_from(n).ok());
        let nonce = nonce.ok_or_else(broken)?;
        let payload = Payload { msg: secret.expose().as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| broken())?;
        Ok(format!("{FORM}:{}:{}{}", self.id, hex(&nonce), hex(&sealed)))
    }

    /// What was stored; `None` when its key is gone, or it is another camera's. Older programs stored the plain word.
    pub(super) fn reveal(&self, camera: CameraId, stored: &str) -> Option<Secret> {
        if !Self::is_sealed(stored) {
            return Some(Secret::new(stored));
        }
        self.reveal_at(&place(camera), stored)
    }

    /// What [`Self::seal_at`] stored; `None` when its key is gone, or it belongs to another place.
    pub(super) fn reveal_at(&self, place: &str, stored: &str) -> Option<Secret> {
        let (id, sealed) = stored.strip_prefix(FORM)?.strip_prefix(':')?.split_once(':')?;
        let sealed = unhex(sealed).filter(|sealed| id == self.id && sealed.len() > NONCE_BYTES)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let plain = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(plain).ok().map(Secret::new)
    }

    fn is_sealed(stored: &str) -> bool {
        stored.starts_with(FORM) && stored[FORM.len()..].starts_with(':')
    }

    /// At the start: seals what older programs stored plain, and says which passwords cannot be read.
    pub(super) async fn take_over(&self, conn: &mut SqliteConnection) -> Result<()> {
        let rows: Vec<(Vec<u8>, String, String)> =
            sqlx::query_as(ALL).fetch_all(&mut *conn).await.map_err(failed)?;
        let mut plain = Vec::new();
        for (id, name, stored) in rows {
            let camera = CameraId(uuid(&id)?);
            if !Self::is_sealed(&stored) {
                plain.push((camera, Secret::new(stored)));
            } else if self.reveal(camera, &stored).is_none() {
                tracing::error!(
                    camera.id = %camera,
                    camera.name = name,
                    "the camera's password cannot be read, its key is another; put the key back or enter the password anew"
                );
            }
        }
        if plain.is_empty() {
            return Ok(());
        }
        let run = async |conn: &mut SqliteConnection, sql: &'static str| {
            sqlx::query(sql).fetch_all(conn).await.map(drop).map_err(failed)
        };
        run(&mut *conn, OVERWRITE).await?;
        run(&mut *conn, BEGIN).await?;
        for (camera, password) in &plain {
            let query =
                sqlx::query(PUT).bind(camera.0.as_bytes().to_vec()).bind(self.seal(*camera, password)?);
            query.execute(&mut *conn).await.map_err(failed)?;
        }
        run(&mut *conn, COMMIT).await?;
        run(&mut *conn, AS_BEFORE).await?;
        // What was logged before goes with it; where others still read, at the next checkpoint.
        run(&mut *conn, EMPTY_LOG).await?;
        tracing::info!(cameras = plain.len(), "the cameras' passwords are sealed now");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ticks;

    #[test]
    fn a_password_opens_with_its_key_and_in_its_place_only() {
        let (vault, other) = (Vault::with([7; KEY_BYTES]), Vault::with([8; KEY_BYTES]));
        let [a, b] = [1, 2].map(|n| CameraId::fresh(Ticks(n)));
        let sealed = vault.seal(a, &Secret::new("mật khẩu")).expect("sealed");
        assert!(Vault::is_sealed(&sealed) && !sealed.contains("mật"));
        assert_ne!(vault.seal(a, &Secret::new("mật khẩu")).expect("sealed"), sealed);
        assert_eq!(vault.reveal(a, &sealed), Some(Secret::new("mật khẩu")));
        assert_eq!(vault.reveal(b, &sealed), None);
        assert_eq!(other.reveal(a, &sealed), None);
        assert_eq!(vault.reveal(a, &sealed[..sealed.len() - 2]), None);
        assert_eq!(vault.reveal(a, "k1:"), None);
        assert_eq!(vault.reveal(a, "plain"), Some(Secret::new("plain")), "of an older program");
        let key = vault.seal_at("push|1", &Secret::new("khóa")).expect("sealed");
        assert_eq!(vault.reveal_at("push|1", &key), Some(Secret::new("khóa")));
        assert_eq!((vault.reveal_at("push|2", &key), vault.reveal_at("push|1", "plain")), (None, None));
        assert_eq!(
            vault.seal(a, &Secret::new("")).map(|s| vault.reveal(a, &s)).expect("sealed"),
            Some(Secret::new(""))
        );
    }
}
