//! The one table of settings: their names in a file and in the environment, their defaults and what they mean.
//!
//! `docs/configuration.md` and `deploy/campo.toml` are made of it. Never reads a value.

/// How a value is written in a file. In the environment everything is text; a list has commas between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    Number,
    /// `true` or `false`; `on` or `off` in the environment.
    Switch,
    /// Texts between brackets.
    List,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its place in a file, the table before the dot.
    pub key: &'static str,
    /// The environment variable, which goes before the file.
    pub variable: &'static str,
    pub shape: Shape,
    /// As it would be written in the environment; empty for none.
    pub default: &'static str,
    /// Never repeated in messages, logs or what is printed; may also be read from a file named by `…_FILE`.
    pub is_secret: bool,
    /// One sentence for whoever runs a server.
    pub means: &'static str,
}

const fn setting(
    key: &'static str,
    variable: &'static str,
    shape: Shape,
    default: &'static str,
    means: &'static str,
) -> Setting {
    Setting { key, variable, shape, default, is_secret: false, means }
}

const fn secret(key: &'static str, variable: &'static str, means: &'static str) -> Setting {
    Setting { key, variable, shape: Shape::Text, default: "", is_secret: true, means }
}

/// Every setting, in the order in which they are read about.
pub const SETTINGS: &[Setting] = &[
    setting(
        "data",
        "CAMPO_DATA",
        Shape::Text,
        "data",
        "The directory with the database, the files and the key of vouchers.",
    ),
    setting("listen", "CAMPO_LISTEN", Shape::Text, "127.0.0.1:8080", "Address and port to listen on."),
    setting(
        "public_url",
        "CAMPO_PUBLIC_URL",
        Shape::Text,
        "",
        "The address people reach the server at, for links; without it, the one it listens on.",
    ),
    setting(
        "workers",
        "CAMPO_WORKERS",
        Shape::Number,
        "",
        "Threads that serve requests; without it one for each processor, 2 to 16.",
    ),
    setting(
        "jobs",
        "CAMPO_JOBS",
        Shape::Switch,
        "on",
        "Off on a node that leaves photos, mails, webhooks and sweeping to other nodes of the same database.",
    ),
    secret(
        "database.url",
        "DATABASE_URL",
        "`postgres://user:password@host/database`; without it SQLite in the data directory.",
    ),
    setting(
        "blobs.place",
        "CAMPO_BLOBS",
        Shape::Text,
        "",
        "Where photos and files are kept: a directory, or `s3://bucket/folder` with the usual `AWS_…` variables \
         (key, secret, region, `AWS_ENDPOINT_URL`); without it `blobs` in the data directory.",
    ),
    setting("blobs.upload_mb", "CAMPO_UPLOAD_MB", Shape::Number, "64", "The largest photo or file, in MiB."),
    setting(
        "blobs.quota_organization_mb",
        "CAMPO_QUOTA_ORGANIZATION_MB",
        Shape::Number,
        "102400",
        "What one organization may store, in MiB.",
    ),
    setting(
        "blobs.quota_user_mb",
        "CAMPO_QUOTA_USER_MB",
        Shape::Number,
        "20480",
        "What one of its users may bring, in MiB.",
    ),
    secret(
        "mail.smtp_url",
        "CAMPO_SMTP_URL",
        "The mail server: `smtps://user:password@host`, or `smtp://host:25?tls=required`; without it no mail goes \
         out, and the log says so.",
    ),
    setting(
        "mail.from",
        "CAMPO_MAIL_FROM",
        Shape::Text,
        "",
        "The address that mails come from, required with a mail server.",
    ),
    setting(
        "webhooks.inner_hosts",
        "CAMPO_WEBHOOK_INNER_HOSTS",
        Shape::List,
        "",
        "Hosts to which webhooks may go although they are inside your network or without TLS.",
    ),
    secret(
        "geocoder.url",
        "CAMPO_GEOCODER_URL",
        "A geocoder that answers as Nominatim or with GeoJSON, `{query}` where the address goes; without it sites are placed on \
         the map. Mind the terms of the service you name.",
    ),
    setting(
        "http.cors_origins",
        "CAMPO_CORS_ORIGINS",
        Shape::List,
        "",
        "Origins whose web pages may use the interface.",
    ),
    setting(
        "http.trusted_proxies",
        "CAMPO_TRUSTED_PROXIES",
        Shape::Number,
        "0",
        "How many proxies in front append to `X-Forwarded-For`.",
    ),
    setting(
        "limits.sign_ins_per_minute",
        "CAMPO_SIGN_INS_PER_MINUTE",
        Shape::Number,
        "60",
        "Sign-ins that one address may try in a minute.",
    ),
    setting(
        "limits.requests_per_minute",
        "CAMPO_REQUESTS_PER_MINUTE",
        Shape::Number,
        "6000",
        "Requests that one person or API token may make in a minute; 0 for no limit.",
    ),
    setting(
        "limits.requests_per_minute_and_address",
        "CAMPO_REQUESTS_PER_MINUTE_AND_ADDRESS",
        Shape::Number,
        "60000",
        "Requests that one address may make in a minute; 0 for no limit.",
    ),
    setting(
        "limits.sockets_per_address",
        "CAMPO_SOCKETS_PER_ADDRESS",
        Shape::Number,
        "50",
        "Live connections that one address may keep open; 0 for no limit. People behind one router share an address, and \
         everybody does behind a proxy that is not counted in `trusted_proxies`.",
    ),
    setting(
        "backup.directory",
        "CAMPO_BACKUP_DIRECTORY",
        Shape::Text,
        "",
        "Where scheduled backups go, best on another disk; without it none are made.",
    ),
    setting(
        "backup.every_hours",
        "CAMPO_BACKUP_EVERY_HOURS",
        Shape::Number,
        "24",
        "Hours between scheduled backups, 1 or more.",
    ),
    setting(
        "backup.keep",
        "CAMPO_BACKUP_KEEP",
        Shape::Number,
        "14",
        "How many scheduled backups stay; the oldest go when a newer one is complete.",
    ),
    setting(
        "retention.messages_days",
        "CAMPO_RETENTION_MESSAGES_DAYS",
        Shape::Number,
        "1095",
        "Days that mails and links stay in the log of messages; 0 for ever.",
    ),
    setting(
        "retention.notifications_days",
        "CAMPO_RETENTION_NOTIFICATIONS_DAYS",
        Shape::Number,
        "365",
        "Days that entries stay in people's inboxes; 0 for ever.",
    ),
    setting(
        "log.filter",
        "CAMPO_LOG",
        Shape::Text,
        "info,sqlx=warn",
        "Which messages are logged, for example `info,campo=debug`.",
    ),
    setting("log.format", "CAMPO_LOG_FORMAT", Shape::Text, "text", "`text` or `json`."),
];

impl Setting {
    /// The setting with this environment variable.
    ///
    /// # Panics
    ///
    /// When there is none: the code asks for what the table does not have.
    pub(crate) fn of_variable(variable: &str) -> &'static Self {
        SETTINGS
            .iter()
            .find(|setting| setting.variable == variable)
            .expect("the table has what the code asks for")
    }

    /// The table of a file it stands in and its name there.
    pub(crate) fn place(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }
}

/// What comes nearest to a misspelled name.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    let distance = |candidate: &&str| strsim::damerau_levenshtein(name, candidate);
    candidates.min_by_key(distance).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_tables_stay_together() {
        let keys: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.key).collect();
        let variables: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.variable).collect();
        let mut tables: Vec<_> = SETTINGS.iter().map(|setting| setting.place().0).collect();
        tables.dedup();

        assert_eq!((keys.len(), variables.len()), (SETTINGS.len(), SETTINGS.len()));
        assert_eq!(tables.first(), Some(&""), "what stands in no table comes first in a file");
        assert_eq!(tables.len(), tables.iter().collect::<BTreeSet<_>>().len());
    }
}
