//! What the environment says about this installation, with defaults that work on one machine. Never read again later.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use crate::store::DatabaseConfig;

/// Everything a server is told from outside.
#[derive(Debug, Clone)]
pub struct Config {
    /// Local files: the SQLite database and the blobs.
    pub data_directory: PathBuf,
    pub database: DatabaseConfig,
    /// Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The address people reach this server at; printed in links.
    pub public_url: Option<String>,
    pub log_format: LogFormat,
    /// Failed and successful sign-ins one address may try in a minute.
    pub sign_ins_per_minute: u32,
    /// What one person or token may ask in a minute; 0 for no limit.
    pub requests_per_minute: u32,
    /// What one address may ask in a minute; 0 for no limit.
    pub requests_per_minute_and_address: u32,
    /// Origins whose pages may read answers.
    pub cors_origins: Vec<String>,
    /// How many proxies in front are trusted to append to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    pub worker_threads: usize,
    /// Whether this node does what can be done later; another one on the same database may.
    pub runs_jobs: bool,
    pub blobs: BlobConfig,
    /// The largest photo or file.
    pub upload_bytes_max: u64,
    pub organization_quota_bytes: u64,
    pub user_quota_bytes: u64,
    /// Hosts to which webhooks may go although they are inside or without TLS.
    pub webhook_inner_hosts: Vec<String>,
    /// How mails go out; without it none do.
    pub mail: Option<MailConfig>,
    /// The program that decodes images and prints documents in processes of its own; `None` is this one.
    pub worker_program: Option<PathBuf>,
}

/// How mails go out.
#[derive(Clone, PartialEq, Eq)]
pub struct MailConfig {
    /// `smtps://user:password@host`, or `smtp://host:25?tls=required`.
    pub url: String,
    /// The sender's address; mails carry the organization's name before it.
    pub from: String,
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailConfig").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Where photos and other bytes are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum BlobConfig {
    Directory(PathBuf),
    S3 {
        /// `s3://bucket` or `s3://bucket/folder`.
        url: String,
        /// The variables that begin with `AWS_`, secrets among them.
        settings: BTreeMap<String, String>,
    },
}

impl std::fmt::Debug for BlobConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(path) => f.debug_tuple("Directory").field(path).finish(),
            Self::S3 { url, settings: _ } => f.debug_struct("S3").field("url", url).finish_non_exhaustive(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// A setting that cannot be used, named.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} is not a setting of Campo; did you mean {1}?")]
    Unknown(String, &'static str),
    #[error("{name}={value}: {expected}")]
    Invalid { name: &'static str, value: String, expected: &'static str },
}

const MEBIBYTE: u64 = 1024 * 1024;

const SETTINGS: &[&str] = &[
    "CAMPO_BLOBS",
    "CAMPO_CORS_ORIGINS",
    "CAMPO_DATA",
    "CAMPO_JOBS",
    "CAMPO_LISTEN",
    "CAMPO_LOG",
    "CAMPO_LOG_FORMAT",
    "CAMPO_MAIL_FROM",
    "CAMPO_PUBLIC_URL",
    "CAMPO_QUOTA_ORGANIZATION_MB",
    "CAMPO_QUOTA_USER_MB",
    "CAMPO_REQUESTS_PER_MINUTE",
    "CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS",
    "CAMPO_SIGN_INS_PER_MINUTE",
    "CAMPO_SMTP_URL",
    "CAMPO_TRUSTED_PROXIES",
    "CAMPO_UPLOAD_MB",
    "CAMPO_WEBHOOK_INNER_HOSTS",
    "CAMPO_WORKERS",
];

impl Config {
    /// Reads the process's environment.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(std::env::vars().collect())
    }

    /// Reads settings; whatever begins with `CAMPO_` has to be one.
    pub fn from_variables(variables: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let unknown =
            variables.keys().find(|name| name.starts_with("CAMPO_") && !SETTINGS.contains(&name.as_str()));
        if let Some(name) = unknown {
            return Err(ConfigError::Unknown(name.clone(), nearest_setting(name)));
        }
        let text = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
        let data_directory = PathBuf::from(text("CAMPO_DATA").unwrap_or_else(|| "data".to_owned()));
        let database = match text("DATABASE_URL") {
            None => DatabaseConfig::Sqlite { path: data_directory.join("campo.db") },
            Some(url) => DatabaseConfig::from_url(&url).ok_or(ConfigError::Invalid {
                name: "DATABASE_URL",
                value: "(hidden)".to_owned(),
                expected: "begins with postgres:// or sqlite://",
            })?,
        };
        let mebibytes = |name: &'static str, default: u64| {
            Ok(number(name, text(name), default)?.saturating_mul(MEBIBYTE).min(i64::MAX.unsigned_abs()))
        };
        Ok(Self {
            blobs: read_blobs(text("CAMPO_BLOBS"), &data_directory, &variables)?,
            upload_bytes_max: mebibytes("CAMPO_UPLOAD_MB", 64)?,
            organization_quota_bytes: mebibytes("CAMPO_QUOTA_ORGANIZATION_MB", 100 * 1024)?,
            user_quota_bytes: mebibytes("CAMPO_QUOTA_USER_MB", 20 * 1024)?,
            webhook_inner_hosts: list(text("CAMPO_WEBHOOK_INNER_HOSTS")),
            mail: read_mail(text("CAMPO_SMTP_URL"), text("CAMPO_MAIL_FROM"))?,
            worker_program: None,
            data_directory,
            database,
            listen: read_listen(text("CAMPO_LISTEN"))?,
            public_url: text("CAMPO_PUBLIC_URL").map(|url| url.trim_end_matches('/').to_owned()),
            log_format: read_log_format(text("CAMPO_LOG_FORMAT"))?,
            sign_ins_per_minute: number("CAMPO_SIGN_INS_PER_MINUTE", text("CAMPO_SIGN_INS_PER_MINUTE"), 60)?,
            requests_per_minute: number(
                "CAMPO_REQUESTS_PER_MINUTE",
                text("CAMPO_REQUESTS_PER_MINUTE"),
                6_000,
            )?,
            requests_per_minute_and_address: number(
                "CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS",
                text("CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS"),
                60_000,
            )?,
            cors_origins: read_origins(text("CAMPO_CORS_ORIGINS"))?,
            trusted_proxies: number("CAMPO_TRUSTED_PROXIES", text("CAMPO_TRUSTED_PROXIES"), 0)?,
            worker_threads: number("CAMPO_WORKERS", text("CAMPO_WORKERS"), default_workers())?,
            runs_jobs: read_switch("CAMPO_JOBS", text("CAMPO_JOBS"))?,
        })
    }
}

impl Config {
    /// The program that children are runs of.
    ///
    /// # Errors
    ///
    /// When this one cannot be found.
    pub fn program_of_workers(&self) -> std::io::Result<PathBuf> {
        self.worker_program.clone().map_or_else(std::env::current_exe, Ok)
    }
}

fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 16)
}

fn read_blobs(
    value: Option<String>,
    data_directory: &Path,
    variables: &BTreeMap<String, String>,
) -> Result<BlobConfig, ConfigError> {
    match value {
        None => Ok(BlobConfig::Directory(data_directory.join("blobs"))),
        Some(url) if url.starts_with("s3://") => {
            let is_for_s3 = |(name, _): &(&String, &String)| name.starts_with("AWS_");
            let settings = variables.iter().filter(is_for_s3);
            let settings = settings.map(|(name, value)| (name.clone(), value.clone())).collect();
            Ok(BlobConfig::S3 { url, settings })
        }
        Some(value) if value.contains("://") => Err(ConfigError::Invalid {
            name: "CAMPO_BLOBS",
            value,
            expected: "a directory, or s3://bucket with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION",
        }),
        Some(directory) => Ok(BlobConfig::Directory(directory.into())),
    }
}

fn read_origins(value: Option<String>) -> Result<Vec<String>, ConfigError> {
    let value = value.unwrap_or_default();
    let origins: Vec<String> =
        value.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
    let is_origin = |origin: &String| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
    };
    if origins.iter().all(is_origin) {
        return Ok(origins);
    }
    Err(ConfigError::Invalid {
        name: "CAMPO_CORS_ORIGINS",
        value,
        expected: "origins with commas between, for example https://office.example.com",
    })
}

fn read_listen(value: Option<String>) -> Result<SocketAddr, ConfigError> {
    let value = value.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let address = value.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    address.ok_or(ConfigError::Invalid {
        name: "CAMPO_LISTEN",
        value,
        expected: "an address and a port, for example 0.0.0.0:8080",
    })
}

fn read_log_format(value: Option<String>) -> Result<LogFormat, ConfigError> {
    match value.as_deref() {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => Err(ConfigError::Invalid {
            name: "CAMPO_LOG_FORMAT",
            value: other.to_owned(),
            expected: "text or json",
        }),
    }
}

fn read_mail(url: Option<String>, from: Option<String>) -> Result<Option<MailConfig>, ConfigError> {
    let Some(url) = url else { return Ok(None) };
    if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
        return Err(ConfigError::Invalid {
            name: "CAMPO_SMTP_URL",
            value: "(hidden)".to_owned(),
            expected: "begins with smtps:// or smtp://",
        });
    }
    let from = from.unwrap_or_default();
    if from.parse::<lettre::message::Mailbox>().is_err() {
        return Err(ConfigError::Invalid {
            name: "CAMPO_MAIL_FROM",
            value: from,
            expected: "the address that mails come from; CAMPO_SMTP_URL needs one",
        });
    }
    Ok(Some(MailConfig { url, from }))
}

/// Names between commas.
fn list(value: Option<String>) -> Vec<String> {
    let value = value.unwrap_or_default();
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn read_switch(name: &'static str, value: Option<String>) -> Result<bool, ConfigError> {
    match value.as_deref() {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => Err(ConfigError::Invalid { name, value: other.to_owned(), expected: "on or off" }),
    }
}

fn number<N: std::str::FromStr>(
    name: &'static str,
    value: Option<String>,
    default: N,
) -> Result<N, ConfigError> {
    match value {
        None => Ok(default),
        Some(value) => {
            value.parse().map_err(|_| ConfigError::Invalid { name, value, expected: "a whole number" })
        }
    }
}

/// The setting that shares the most letters with a misspelled one.
fn nearest_setting(name: &str) -> &'static str {
    let shared = |setting: &&str| {
        let mut letters: Vec<char> = name.chars().collect();
        let hits = setting.chars().filter(|letter| {
            let found = letters.iter().position(|candidate| candidate == letter);
            found.map(|index| letters.remove(index)).is_some()
        });
        2 * hits.count() as i64 - setting.len() as i64
    };
    SETTINGS.iter().copied().max_by_key(shared).unwrap_or("CAMPO_DATA")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables(
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        )
    }

    #[test]
    fn nothing_set_means_sqlite_in_a_local_directory() {
        let config = read(&[("PATH", "/bin")]).unwrap();

        assert_eq!(config.database, DatabaseConfig::Sqlite { path: "data/campo.db".into() });
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    }

    #[test]
    fn blobs_are_beside_the_database_or_where_the_setting_says_and_keys_are_not_repeated() {
        let bucket = read(&[("CAMPO_BLOBS", "s3://photos"), ("AWS_SECRET_ACCESS_KEY", "hush")]).unwrap();

        assert_eq!(read(&[]).unwrap().blobs, BlobConfig::Directory("data/blobs".into()));
        assert_eq!(
            read(&[("CAMPO_BLOBS", "/photos")]).unwrap().blobs,
            BlobConfig::Directory("/photos".into())
        );
        assert!(matches!(&bucket.blobs, BlobConfig::S3 { settings, .. } if settings.len() == 1));
        assert!(!format!("{bucket:?}").contains("hush"));
        assert!(read(&[("CAMPO_BLOBS", "ftp://photos")]).is_err());
    }

    #[test]
    fn a_misspelled_setting_is_named_with_what_was_meant() {
        let error = read(&[("CAMPO_LISTNE", "0.0.0.0:80")]).unwrap_err();

        assert_eq!(error.to_string(), "CAMPO_LISTNE is not a setting of Campo; did you mean CAMPO_LISTEN?");
    }

    #[test]
    fn a_value_that_cannot_be_used_is_an_error_and_secrets_are_not_repeated() {
        assert!(read(&[("CAMPO_JOBS", "no")]).is_err());
        assert!(
            read(&[("CAMPO_SMTP_URL", "smtp://mail")]).unwrap_err().to_string().contains("CAMPO_MAIL_FROM")
        );
        let mail = [("CAMPO_SMTP_URL", "smtps://user:secret@mail"), ("CAMPO_MAIL_FROM", "os@example.com")];
        assert!(!format!("{:?}", read(&mail).unwrap()).contains("secret"));
        assert!(read(&[("CAMPO_WORKERS", "many")]).unwrap_err().to_string().contains("CAMPO_WORKERS=many"));
        let error = read(&[("DATABASE_URL", "mysql://user:secret@host")]).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
