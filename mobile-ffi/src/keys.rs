//! What must not be in a backup of the phone: install nonce, device key, refresh token. Never in the database.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sync_core::ids::{DeviceId, OrganizationId, UserId};
use sync_core::workflow::Role;

use crate::error::ClientError;

/// The directory of secrets.
#[derive(Debug, Clone)]
pub struct Keys {
    directory: PathBuf,
}

/// The name and key under which the server knows this installation when one person uses it.
#[derive(Debug, Clone)]
pub struct DeviceKey {
    /// The device.
    pub device: DeviceId,
    /// Its private key.
    pub key: SigningKey,
}

/// The session of whoever signed in last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptSession {
    /// The person.
    pub user: UserId,
    /// In which role.
    pub role: Role,
    /// The organization.
    pub organization: OrganizationId,
    /// The server, as it calls itself.
    pub server_id: String,
    /// Good for one refresh.
    pub refresh_token: String,
}

#[derive(Serialize, Deserialize)]
struct DeviceKeyFile {
    device: DeviceId,
    secret_key: String,
}

#[derive(Serialize, Deserialize)]
struct InstallFile {
    install: String,
}

impl Keys {
    /// Uses a directory, which is made if need be.
    ///
    /// # Errors
    ///
    /// Fails when the directory cannot be made.
    pub fn open(directory: &Path) -> Result<Self, ClientError> {
        fs::create_dir_all(directory).map_err(|error| failed(&error))?;
        Ok(Self { directory: directory.to_owned() })
    }

    /// The random bytes that name this installation, made at the first call.
    ///
    /// # Errors
    ///
    /// Fails when they can be neither read nor kept.
    pub fn install(&self) -> Result<[u8; 16], ClientError> {
        let path = self.directory.join("install.json");
        let kept: Option<InstallFile> = read(&path);
        let bytes = kept.and_then(|file| STANDARD.decode(file.install).ok()?.try_into().ok());
        if let Some(install) = bytes {
            return Ok(install);
        }
        let install: [u8; 16] = rand::random();
        write(&path, &InstallFile { install: STANDARD.encode(install) })?;
        Ok(install)
    }

    /// The key of this installation for one person, if it was made.
    pub fn device_key(&self, user: UserId) -> Option<DeviceKey> {
        let file: DeviceKeyFile = read(&self.device_path(user))?;
        let secret: [u8; 32] = STANDARD.decode(file.secret_key).ok()?.try_into().ok()?;
        Some(DeviceKey { device: file.device, key: SigningKey::from_bytes(&secret) })
    }

    /// Makes and keeps another device name and key for one person.
    ///
    /// # Errors
    ///
    /// Fails when they cannot be kept.
    pub fn make_device_key(&self, user: UserId) -> Result<DeviceKey, ClientError> {
        let secret: [u8; 32] = rand::random();
        let device = DeviceId::from_bytes(rand::random());
        let file = DeviceKeyFile { device, secret_key: STANDARD.encode(secret) };
        write(&self.device_path(user), &file)?;
        Ok(DeviceKey { device, key: SigningKey::from_bytes(&secret) })
    }

    /// The session of whoever signed in last.
    pub fn session(&self) -> Option<KeptSession> {
        read(&self.directory.join("session.json"))
    }

    /// Keeps a session.
    ///
    /// # Errors
    ///
    /// Fails when it cannot be kept.
    pub fn keep_session(&self, session: &KeptSession) -> Result<(), ClientError> {
        write(&self.directory.join("session.json"), session)
    }

    fn device_path(&self, user: UserId) -> PathBuf {
        self.directory.join(format!("device-{user}.json"))
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Writes a file whole or not at all, readable by its owner alone.
fn write<T: Serialize>(path: &Path, content: &T) -> Result<(), ClientError> {
    let bytes = serde_json::to_vec(content).expect("plain data has a JSON form");
    let draft = path.with_extension("draft");
    let written = || -> std::io::Result<()> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    written().map_err(|error| failed(&error))
}

fn failed(error: &std::io::Error) -> ClientError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return ClientError::StorageFull;
    }
    ClientError::Bug(format!("the key directory cannot be used: {error}"))
}
