//! Understands the settings that are more than a text or a number. Never fills in a default: the table has those.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;

use crate::config::{BackupConfig, BlobConfig, ConfigError, LogFormat, MailConfig, Settings};
use crate::geocoder::QUERY_MARK;

pub(super) fn read_blobs(settings: &Settings, data_directory: &Path) -> Result<BlobConfig, ConfigError> {
    match settings.text("CAMPO_BLOBS") {
        None => Ok(BlobConfig::Directory(data_directory.join("blobs"))),
        Some(url) if url.starts_with("s3://") => {
            Ok(BlobConfig::S3 { url, settings: settings.for_s3.clone() })
        }
        Some(value) if value.contains("://") => Err(settings.invalid(
            "CAMPO_BLOBS",
            "a directory, or s3://bucket with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION",
        )),
        Some(directory) => Ok(BlobConfig::Directory(directory.into())),
    }
}

pub(super) fn read_origins(settings: &Settings) -> Result<Vec<String>, ConfigError> {
    let origins = settings.list("CAMPO_CORS_ORIGINS");
    let is_origin = |origin: &String| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
    };
    if origins.iter().all(is_origin) {
        return Ok(origins);
    }
    Err(settings.invalid("CAMPO_CORS_ORIGINS", "a list of origins, for example https://office.example.com,"))
}

pub(super) fn read_listen(settings: &Settings) -> Result<SocketAddr, ConfigError> {
    let value = settings.text("CAMPO_LISTEN").unwrap_or_default();
    let address = value.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    address
        .ok_or_else(|| settings.invalid("CAMPO_LISTEN", "an address and a port, for example 0.0.0.0:8080,"))
}

pub(super) fn read_log_filter(settings: &Settings) -> Result<String, ConfigError> {
    let filter = settings.text("CAMPO_LOG").unwrap_or_default();
    match filter.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(filter),
        Err(_) => Err(settings.invalid("CAMPO_LOG", "a filter, for example info,campo=debug,")),
    }
}

pub(super) fn read_log_format(settings: &Settings) -> Result<LogFormat, ConfigError> {
    match settings.text("CAMPO_LOG_FORMAT").as_deref() {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(_) => Err(settings.invalid("CAMPO_LOG_FORMAT", "text or json")),
    }
}

pub(super) fn read_mail(settings: &Settings) -> Result<Option<MailConfig>, ConfigError> {
    let Some(url) = settings.text("CAMPO_SMTP_URL") else { return Ok(None) };
    if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
        return Err(settings.invalid("CAMPO_SMTP_URL", "what begins with smtps:// or smtp://"));
    }
    let from = settings.text("CAMPO_MAIL_FROM").unwrap_or_default();
    if from.parse::<lettre::message::Mailbox>().is_err() {
        let expected = "with a mail server, the address that mails come from";
        return Err(settings.invalid("CAMPO_MAIL_FROM", expected));
    }
    Ok(Some(MailConfig { url, from }))
}

pub(super) fn read_backups(settings: &Settings) -> Result<Option<BackupConfig>, ConfigError> {
    let Some(directory) = settings.text("CAMPO_BACKUP_DIRECTORY") else { return Ok(None) };
    let every_hours = settings.count("CAMPO_BACKUP_EVERY_HOURS")?;
    let keep = settings.count("CAMPO_BACKUP_KEEP")?;
    for (name, number) in [("CAMPO_BACKUP_EVERY_HOURS", every_hours), ("CAMPO_BACKUP_KEEP", keep)] {
        if number == 0 {
            return Err(settings.invalid(name, "1 or more"));
        }
    }
    Ok(Some(BackupConfig { directory: directory.into(), every_hours, keep }))
}

pub(super) fn read_switch(settings: &Settings, variable: &'static str) -> Result<bool, ConfigError> {
    match settings.text(variable).as_deref() {
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        _ => Err(settings.invalid(variable, "on or off")),
    }
}

pub(super) fn read_geocoder(settings: &Settings) -> Result<Option<String>, ConfigError> {
    let Some(url) = settings.text("CAMPO_GEOCODER_URL") else { return Ok(None) };
    let is_address = url.starts_with("https://") || url.starts_with("http://");
    if is_address && url.contains(QUERY_MARK) {
        Ok(Some(url))
    } else {
        Err(settings
            .invalid("CAMPO_GEOCODER_URL", "an address that begins with https:// and has {query} in it"))
    }
}
