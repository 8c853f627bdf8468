//! `campo doctor`: looks at everything a server needs, and says what to do about what is not in order. Changes nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use campo::app::VOUCHER_KEY_FILE;
use campo::audit::{ChainVerdict, verify_chain};
use campo::backups::{BackupDirectory, DatabaseKind};
use campo::ballast::DiskSpace;
use campo::clock::Clock;
use campo::config::{BlobConfig, Config};
use campo::evidence::blob_store::BlobStore;
use campo::mail::{self, Mailer};
use campo::store::{DatabaseConfig, MIGRATIONS, Store, applied_migrations, job_rows, organizations};
use sync_core::time::Timestamp;

use super::{Failed, Outcome};

/// Below this share of a disk, writing stops soon.
const FREE_PERCENT_MIN: u64 = 10;
const HOUR_MS: i64 = 3_600_000;

/// What one look found.
enum Finding {
    Fine(String),
    /// It works, and something should be done.
    Advice(String),
    /// It does not work.
    Broken(String),
}

use Finding::{Advice, Broken, Fine};

#[expect(clippy::print_stdout, reason = "the findings are the command's output")]
pub async fn doctor(config: Config) -> Outcome {
    let mut findings = vec![look_at_data(&config), look_at_space(&config.data_directory)];
    findings.extend(look_at_database(&config).await);
    findings.push(look_at_blobs(&config).await);
    findings.push(look_at_programs(&config));
    findings.push(look_at_mail(&config).await);
    findings.push(look_at_backups(&config));
    findings.push(look_at_address(&config));
    let mut broken = 0;
    for finding in findings {
        match finding {
            Fine(sentence) => println!("ok      {sentence}"),
            Advice(sentence) => println!("advice  {sentence}"),
            Broken(sentence) => {
                broken += 1;
                println!("broken  {sentence}");
            }
        }
    }
    if broken == 0 { Ok(()) } else { Err(Failed::new(format!("{broken} of these are not in order"))) }
}

fn look_at_data(config: &Config) -> Finding {
    let directory = &config.data_directory;
    let probe = std::fs::create_dir_all(directory).and_then(|()| tempfile::tempfile_in(directory));
    if let Err(error) = probe {
        return Broken(format!(
            "{} cannot be written: {error}; give it to the user that serves",
            directory.display()
        ));
    }
    let key = directory.join(VOUCHER_KEY_FILE);
    match std::fs::metadata(&key) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            Advice(format!("{} can be read by others: chmod 600 {}", key.display(), key.display()))
        }
        Ok(_) | Err(_) => Fine(format!("{} can be written", directory.display())),
    }
}

fn look_at_space(directory: &Path) -> Finding {
    match DiskSpace::of(directory) {
        Ok(space) => {
            let (percent, mebibytes) = (space.free_percent(), space.free_bytes / (1024 * 1024));
            let sentence =
                format!("{percent} % of the disk of {} are free, {mebibytes} MiB", directory.display());
            if percent < FREE_PERCENT_MIN {
                Advice(format!("{sentence}: free some, at 0 nothing more is taken"))
            } else {
                Fine(sentence)
            }
        }
        Err(error) => Broken(format!("{}: {error}", directory.display())),
    }
}

async fn look_at_database(config: &Config) -> Vec<Finding> {
    let applied = match applied_migrations(&config.database).await {
        Ok(applied) => applied,
        Err(error) => return vec![Broken(format!("the database cannot be opened: {error}"))],
    };
    if applied.is_empty() {
        return vec![Fine("the database is still to be made, by the first start".to_owned())];
    }
    if applied.len() < MIGRATIONS.len() {
        let steps = MIGRATIONS.len() - applied.len();
        return vec![Advice(format!(
            "the next start takes {steps} steps of the schema: make a backup before"
        ))];
    }
    match look_into_database(config).await {
        Ok(findings) => findings,
        Err(Failed(sentence)) => vec![Broken(format!("the database cannot be read: {sentence}"))],
    }
}

async fn look_into_database(config: &Config) -> Result<Vec<Finding>, Failed> {
    let store = Store::open(&config.database).await?;
    let mut findings = Vec::new();
    let mut tx = store.begin_system_read().await?;
    let ids = organizations::list_ids(&mut tx).await?;
    let jobs = job_rows::count_by_state(&mut tx).await?;
    tx.commit().await?;
    findings.push(Fine(format!("the database answers, with {} organizations", ids.len())));
    let mut broken = 0;
    for id in ids {
        let mut tx = store.begin_read(id).await?;
        broken += i32::from(matches!(verify_chain(&mut tx).await?, ChainVerdict::BrokenAt(_)));
    }
    findings.push(match broken {
        0 => Fine("every audit chain is whole".to_owned()),
        broken => Broken(format!("{broken} audit chains do not verify: see campo verify-audit")),
    });
    let given_up: i64 = jobs.iter().filter(|(state, ..)| state == "dead").map(|(.., count)| count).sum();
    findings.push(match given_up {
        0 => Fine("no job was given up".to_owned()),
        count => Advice(format!(
            "{count} jobs were given up: see /v1/jobs, and retry them when their cause is gone"
        )),
    });
    Ok(findings)
}

async fn look_at_blobs(config: &Config) -> Finding {
    let place = match &config.blobs {
        BlobConfig::Directory(path) => path.display().to_string(),
        BlobConfig::S3 { url, .. } => url.clone(),
    };
    let tried = match BlobStore::open(&config.blobs) {
        Ok(blobs) => blobs.try_out().await,
        Err(error) => Err(error),
    };
    match tried {
        Ok(()) => Fine(format!("photos and files can be written to {place}")),
        Err(error) => Broken(format!("photos and files cannot be written to {place}: {error}")),
    }
}

/// What backups of PostgreSQL are made with.
fn look_at_programs(config: &Config) -> Finding {
    if matches!(config.database, DatabaseConfig::Sqlite { .. }) {
        return Fine("backups need no other program".to_owned());
    }
    match std::process::Command::new("pg_dump").arg("--version").output() {
        Ok(output) => Fine(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Err(_) => Advice("pg_dump is not there: backups need it; install postgresql-client".to_owned()),
    }
}

async fn look_at_mail(config: &Config) -> Finding {
    let Some(mail) = &config.mail else {
        return Advice("no mail server is set: no mail goes out".to_owned());
    };
    let mailer = match Mailer::open(mail, mail::TIME_MAX) {
        Ok(mailer) => mailer,
        Err(error) => return Broken(format!("the mail server's address cannot be used: {error}")),
    };
    match mailer.try_out().await {
        Ok(()) => Fine("the mail server answers".to_owned()),
        Err(error) => Broken(format!("the mail server does not answer: {error}")),
    }
}

fn look_at_backups(config: &Config) -> Finding {
    let Some(backups) = &config.backups else {
        return Advice("no backups are made: set backup.directory, or make them yourself".to_owned());
    };
    let newest = match BackupDirectory::at(&backups.directory).newest() {
        Ok(newest) => newest,
        Err(error) => return Broken(format!("the backups cannot be read: {error}")),
    };
    let kind = match &config.database {
        DatabaseConfig::Sqlite { .. } => DatabaseKind::Sqlite,
        DatabaseConfig::Postgres { .. } => DatabaseKind::Postgres,
    };
    let hours = |at: Timestamp| (Clock::system().now().0 - at.0) / HOUR_MS;
    match newest {
        None => Advice(format!("there is no backup in {} yet", backups.directory.display())),
        Some(newest) if newest.manifest.database != kind => {
            Broken(format!("{} has backups of another database", backups.directory.display()))
        }
        Some(newest) if hours(newest.manifest.created_at) > 2 * i64::from(backups.every_hours) => {
            Broken(format!(
                "the newest backup is {} hours old: look into the server's log",
                hours(newest.manifest.created_at)
            ))
        }
        Some(newest) => Fine(format!("the newest backup is {} hours old", hours(newest.manifest.created_at))),
    }
}

fn look_at_address(config: &Config) -> Finding {
    match &config.public_url {
        Some(url) if url.starts_with("https://") => Fine(format!("people reach it at {url}")),
        Some(url) => Advice(format!("people reach it at {url} without TLS: put a proxy with TLS in front")),
        None => Advice("public_url is not set: links in mails lead to where the server listens".to_owned()),
    }
}
