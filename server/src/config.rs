//! What the environment and a file say about this installation, with defaults that work on one machine. Never read again later.

mod file;
mod read;
mod reference;
mod settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use read::{
    read_backups, read_blobs, read_geocoder, read_listen, read_log_filter, read_log_format, read_mail,
    read_origins, read_switch,
};
pub use reference::{reference, sample};
use settings::nearest;
pub use settings::{SETTINGS, Setting, Shape};

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
    /// Which messages are logged.
    pub log_filter: String,
    pub log_format: LogFormat,
    /// Failed and successful sign-ins one address may try in a minute.
    pub sign_ins_per_minute: u32,
    /// What one person or token may ask in a minute; 0 for no limit.
    pub requests_per_minute: u32,
    /// What one address may ask in a minute; 0 for no limit.
    pub requests_per_minute_and_address: u32,
    /// What one address may keep open; 0 for no limit.
    pub sockets_per_address: usize,
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
    /// Where backups are made by themselves; without it none are.
    pub backups: Option<BackupConfig>,
    pub retention: RetentionConfig,
    /// Where addresses are asked for, with `{query}` for the address.
    pub geocoder_url: Option<String>,
    /// The program that decodes images and prints documents in processes of its own; `None` is this one.
    pub worker_program: Option<PathBuf>,
}

/// Backups that the server makes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupConfig {
    pub directory: PathBuf,
    pub every_hours: u32,
    /// How many complete ones stay.
    pub keep: u32,
}

/// How long what the server told people is kept, in days; 0 for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionConfig {
    pub messages_days: u32,
    pub notifications_days: u32,
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

/// A setting that cannot be used, named, with where it stands.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{}{name} is not a setting of Campo; did you mean {meant}?", before(place))]
    Unknown { place: Option<Place>, name: String, meant: &'static str },
    #[error("{}{name} = {value}: {expected} is expected", before(place))]
    Invalid { name: &'static str, place: Option<Place>, value: String, expected: &'static str },
    #[error("{place}: {message}")]
    Syntax { place: Place, message: String },
    #[error("{}: {}", .0.display(), .1)]
    Unreadable(PathBuf, String),
    #[error("{name} and {name}_FILE cannot both be set")]
    Twice { name: &'static str },
}

/// A place in a file of settings; lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub line: usize,
    pub column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

fn before(place: &Option<Place>) -> String {
    place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default()
}

/// A value as the environment would write it.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    text: String,
    /// `None` when a variable gave it.
    place: Option<Place>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    /// A variable, or the file that one names.
    Variable(String),
    File(Place),
}

/// What was given for each setting, before it is understood.
pub struct Settings {
    given: BTreeMap<&'static str, Given>,
    /// What speaks to S3 reads them by their own names, secrets among them.
    for_s3: BTreeMap<String, String>,
}

/// Names the file of settings, in the environment.
const FILE_VARIABLE: &str = "CAMPO_CONFIG";
/// Behind the variable of a secret: the file that holds it.
const SECRET_FILE_SUFFIX: &str = "_FILE";
const MEBIBYTE: u64 = 1024 * 1024;

impl Settings {
    /// Puts a file and the environment together; the environment goes first.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or one of them names what is no setting.
    pub fn gather(file: Option<&Path>, variables: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let file =
            file.or_else(|| variables.get(FILE_VARIABLE).filter(|path| !path.is_empty()).map(Path::new));
        let mut given = file.map(file::read).transpose()?.unwrap_or_default();
        for (name, value) in &variables {
            if let Some((setting, text)) = read_variable(name, value, &variables)? {
                given.insert(setting.variable, Given { text, place: None });
            }
        }
        given.retain(|_, given| !given.text.is_empty());
        let for_s3 = variables.into_iter().filter(|(name, _)| name.starts_with("AWS_")).collect();
        Ok(Self { given, for_s3 })
    }

    fn given(&self, variable: &'static str) -> (Option<&str>, Source) {
        let setting = Setting::of_variable(variable);
        match self.given.get(variable) {
            Some(Given { text, place: Some(place) }) => (Some(text), Source::File(place.clone())),
            Some(Given { text, place: None }) => (Some(text), Source::Variable(variable.to_owned())),
            None if setting.default.is_empty() => (None, Source::Default),
            None => (Some(setting.default), Source::Default),
        }
    }

    fn text(&self, variable: &'static str) -> Option<String> {
        self.given(variable).0.map(str::to_owned)
    }

    /// Names between commas.
    fn list(&self, variable: &'static str) -> Vec<String> {
        let text = self.text(variable).unwrap_or_default();
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    fn number<N: std::str::FromStr>(&self, variable: &'static str) -> Result<Option<N>, ConfigError> {
        let number = |text: String| text.parse().map_err(|_| self.invalid(variable, "a whole number"));
        self.text(variable).map(number).transpose()
    }

    /// The number of a setting that has a default.
    fn count<N: std::str::FromStr + Default>(&self, variable: &'static str) -> Result<N, ConfigError> {
        Ok(self.number(variable)?.unwrap_or_default())
    }

    fn bytes_of_mebibytes(&self, variable: &'static str) -> Result<u64, ConfigError> {
        Ok(self.count::<u64>(variable)?.saturating_mul(MEBIBYTE).min(i64::MAX.unsigned_abs()))
    }

    /// The refusal of what was given, with the name that was used to give it.
    fn invalid(&self, variable: &'static str, expected: &'static str) -> ConfigError {
        let setting = Setting::of_variable(variable);
        let (value, source) = self.given(variable);
        let place = match source {
            Source::File(place) => Some(place),
            Source::Default | Source::Variable(_) => None,
        };
        let name = if place.is_some() { setting.key } else { setting.variable };
        let value = if setting.is_secret { "(hidden)" } else { value.unwrap_or("nothing") };
        ConfigError::Invalid { name, place, value: value.to_owned(), expected }
    }
}

/// The setting that a variable gives; `None` for the variables of others.
fn read_variable(
    name: &str,
    value: &str,
    variables: &BTreeMap<String, String>,
) -> Result<Option<(&'static Setting, String)>, ConfigError> {
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.variable == name) {
        return Ok(Some((setting, value.to_owned())));
    }
    let of_file = |setting: &&Setting| {
        setting.is_secret && name.strip_suffix(SECRET_FILE_SUFFIX) == Some(setting.variable)
    };
    if let Some(setting) = SETTINGS.iter().find(of_file) {
        if variables.get(setting.variable).is_some_and(|value| !value.is_empty()) {
            return Err(ConfigError::Twice { name: setting.variable });
        }
        let secret = std::fs::read_to_string(value)
            .map_err(|error| ConfigError::Unreadable(value.into(), error.to_string()))?;
        return Ok(Some((setting, secret.trim_end().to_owned())));
    }
    if name.starts_with("CAMPO_") && name != FILE_VARIABLE {
        let candidates = SETTINGS.iter().map(|setting| setting.variable).chain([FILE_VARIABLE]);
        let meant = nearest(name, candidates.filter(|candidate| candidate.starts_with("CAMPO_")));
        return Err(ConfigError::Unknown { place: None, name: name.to_owned(), meant });
    }
    Ok(None)
}

impl Config {
    /// Reads settings from the environment alone; whatever begins with `CAMPO_` has to be one.
    pub fn from_variables(variables: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        Self::from_settings(&Settings::gather(None, variables)?)
    }

    /// Understands what was given.
    ///
    /// # Errors
    ///
    /// When a value cannot be used.
    pub fn from_settings(settings: &Settings) -> Result<Self, ConfigError> {
        let data_directory = PathBuf::from(settings.text("CAMPO_DATA").unwrap_or_default());
        let database = match settings.text("DATABASE_URL") {
            None => DatabaseConfig::Sqlite { path: data_directory.join("campo.db") },
            Some(url) => DatabaseConfig::from_url(&url).ok_or_else(|| {
                settings.invalid("DATABASE_URL", "what begins with postgres:// or sqlite://")
            })?,
        };
        Ok(Self {
            blobs: read_blobs(settings, &data_directory)?,
            upload_bytes_max: settings.bytes_of_mebibytes("CAMPO_UPLOAD_MB")?,
            organization_quota_bytes: settings.bytes_of_mebibytes("CAMPO_QUOTA_ORGANIZATION_MB")?,
            user_quota_bytes: settings.bytes_of_mebibytes("CAMPO_QUOTA_USER_MB")?,
            webhook_inner_hosts: settings.list("CAMPO_WEBHOOK_INNER_HOSTS"),
            mail: read_mail(settings)?,
            backups: read_backups(settings)?,
            geocoder_url: read_geocoder(settings)?,
            retention: RetentionConfig {
                messages_days: settings.count("CAMPO_RETENTION_MESSAGES_DAYS")?,
                notifications_days: settings.count("CAMPO_RETENTION_NOTIFICATIONS_DAYS")?,
            },
            worker_program: None,
            data_directory,
            database,
            listen: read_listen(settings)?,
            public_url: settings.text("CAMPO_PUBLIC_URL").map(|url| url.trim_end_matches('/').to_owned()),
            log_filter: read_log_filter(settings)?,
            log_format: read_log_format(settings)?,
            sign_ins_per_minute: settings.count("CAMPO_SIGN_INS_PER_MINUTE")?,
            requests_per_minute: settings.count("CAMPO_REQUESTS_PER_MINUTE")?,
            requests_per_minute_and_address: settings.count("CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS")?,
            sockets_per_address: settings.count("CAMPO_SOCKETS_PER_ADDRESS")?,
            cors_origins: read_origins(settings)?,
            trusted_proxies: settings.count("CAMPO_TRUSTED_PROXIES")?,
            worker_threads: settings.number("CAMPO_WORKERS")?.unwrap_or_else(default_workers),
            runs_jobs: read_switch(settings, "CAMPO_JOBS")?,
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
    fn the_environment_goes_before_the_file_and_a_secret_may_have_a_file_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(
            path("campo.toml"),
            "listen = '127.0.0.1:1'\nworkers = 3\n[mail]\nfrom = 'os@example.com'\n",
        )
        .unwrap();
        std::fs::write(path("smtp"), "smtps://user:hush@mail\n").unwrap();
        let variables = |more: &[(&str, &str)]| {
            let smtp = path("smtp").display().to_string();
            let mut variables = BTreeMap::from([("CAMPO_SMTP_URL_FILE".to_owned(), smtp)]);
            variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            variables
        };

        let given =
            Settings::gather(Some(&path("campo.toml")), variables(&[("CAMPO_WORKERS", "5")])).unwrap();

        let config = Config::from_settings(&given).unwrap();
        assert_eq!((config.listen.port(), config.worker_threads), (1, 5));
        assert_eq!(config.mail.unwrap().url, "smtps://user:hush@mail");
        let printed = given.print();
        assert!(printed.contains("workers = 5 # CAMPO_WORKERS\n"), "{printed}");
        assert!(
            printed.contains(&format!("listen = \"127.0.0.1:1\" # {}:1:10\n", path("campo.toml").display())),
            "{printed}"
        );
        assert!(printed.contains("smtp_url = \"(hidden)\""), "{printed}");
        assert!(printed.parse::<toml::Table>().is_ok() && !printed.contains("hush"), "{printed}");
        let twice = Settings::gather(None, variables(&[("CAMPO_SMTP_URL", "smtp://mail")])).err().unwrap();
        assert_eq!(twice.to_string(), "CAMPO_SMTP_URL and CAMPO_SMTP_URL_FILE cannot both be set");
    }

    #[test]
    fn a_value_of_the_file_that_cannot_be_used_is_located() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("campo.toml");
        std::fs::write(&path, "listen = 'everywhere'\n").unwrap();

        let given = Settings::gather(Some(&path), BTreeMap::new()).unwrap();
        let error = Config::from_settings(&given).unwrap_err().to_string();

        assert!(error.starts_with(&format!("{}:1:10: listen = everywhere: ", path.display())), "{error}");
        assert!(Settings::gather(Some(&directory.path().join("none.toml")), BTreeMap::new()).is_err());
    }

    #[test]
    fn a_value_that_cannot_be_used_is_an_error_and_secrets_are_not_repeated() {
        assert!(read(&[("CAMPO_JOBS", "no")]).is_err());
        assert!(
            read(&[("CAMPO_SMTP_URL", "smtp://mail")]).unwrap_err().to_string().contains("CAMPO_MAIL_FROM")
        );
        let mail = [("CAMPO_SMTP_URL", "smtps://user:secret@mail"), ("CAMPO_MAIL_FROM", "os@example.com")];
        assert!(!format!("{:?}", read(&mail).unwrap()).contains("secret"));
        assert!(read(&[("CAMPO_WORKERS", "many")]).unwrap_err().to_string().contains("CAMPO_WORKERS = many"));
        let error = read(&[("DATABASE_URL", "mysql://user:secret@host")]).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
