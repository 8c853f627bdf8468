//! `campo backup`: makes, looks through and brings back copies of everything a server keeps.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use campo::backups::{Backup, BackupDirectory, RestoreOptions, create_backup, restore_backup, verify_backup};
use campo::config::Config;
use clap::Subcommand;
use sync_core::time::Timestamp;

use super::{Failed, Outcome, open};

/// How often a line of progress is worth its place.
const TELL_EVERY: Duration = Duration::from_secs(1);

#[derive(Subcommand)]
pub enum BackupCommand {
    /// Copies the database, photos and files while the server serves.
    Create {
        /// The directory of backups; the setting backup.directory when absent.
        #[arg(long)]
        to: Option<PathBuf>,
        /// Remove the oldest backups beyond so many.
        #[arg(long)]
        keep: Option<usize>,
    },
    /// Lists complete backups, oldest first.
    List {
        /// The directory of backups; the setting backup.directory when absent.
        directory: Option<PathBuf>,
    },
    /// Looks through every file of a backup.
    Verify {
        /// A backup, or a directory of backups for the newest; the setting backup.directory when absent.
        backup: Option<PathBuf>,
    },
    /// Brings a backup back into the configured places and begins another epoch. Stop every node before.
    Restore {
        /// A backup, or a directory of backups for the newest.
        backup: PathBuf,
        /// Keep an SQLite database that is there aside, under another name.
        #[arg(long)]
        replace: bool,
    },
}

pub async fn run(config: Config, command: BackupCommand) -> Outcome {
    match command {
        BackupCommand::Create { to, keep } => create(config, to, keep).await,
        BackupCommand::List { directory } => list(&directory_of(&config, directory)?),
        BackupCommand::Verify { backup } => verify(&directory_of(&config, backup)?).await,
        BackupCommand::Restore { backup, replace } => restore(&config, &backup, replace).await,
    }
}

fn directory_of(config: &Config, named: Option<PathBuf>) -> Result<PathBuf, Failed> {
    let configured = || config.backups.as_ref().map(|backups| backups.directory.clone());
    named
        .or_else(configured)
        .ok_or_else(|| Failed::new("name the directory of backups, or set backup.directory"))
}

#[expect(clippy::print_stdout, reason = "the backup is the command's output")]
async fn create(config: Config, to: Option<PathBuf>, keep: Option<usize>) -> Outcome {
    let directory = BackupDirectory::at(&directory_of(&config, to)?);
    let app = open(config).await?;
    let teller = Teller::default();
    let report = create_backup(&app, &directory, keep, &|what, done, of| teller.tell(what, done, of)).await?;
    println!("{}", report.folder.display());
    let manifest = &report.manifest;
    println!(
        "{} photos and files, {} bytes; {} of them copied now",
        manifest.blob_count, manifest.blob_bytes, report.blobs_copied
    );
    for sha256 in &report.blobs_lost {
        println!("lost before: {sha256}");
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the list is the command's output")]
fn list(directory: &Path) -> Outcome {
    for Backup { folder, manifest } in BackupDirectory::at(directory).list()? {
        println!(
            "{} {} {}, {} photos and files, Campo {}",
            moment(manifest.created_at),
            folder.display(),
            manifest.database,
            manifest.blob_count,
            manifest.campo
        );
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the verdict is the command's output")]
async fn verify(path: &Path) -> Outcome {
    let (directory, backup) = BackupDirectory::find(path)?;
    let teller = Teller::default();
    let report = verify_backup(&directory, &backup, &|what, done, of| teller.tell(what, done, of)).await?;
    println!(
        "{} is whole: the {} database, {} photos and files, {} bytes",
        backup.folder.display(),
        backup.manifest.database,
        report.blob_count,
        report.blob_bytes
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what was brought back is the command's output")]
async fn restore(config: &Config, path: &Path, replaces: bool) -> Outcome {
    let (directory, backup) = BackupDirectory::find(path)?;
    let teller = Teller::default();
    let tell = |what: &str, done, of| teller.tell(what, done, of);
    let report = restore_backup(config, (&directory, &backup), RestoreOptions { replaces }, &tell).await?;
    println!(
        "restored as of {}: {} orders, epoch {}",
        moment(report.created_at),
        report.order_count,
        report.epoch
    );
    println!("{} photos and files brought back", report.blobs_copied);
    if report.blobs_lost > 0 {
        println!(
            "{} photos and files are missing; the phones that made them are asked again",
            report.blobs_lost
        );
    }
    if let Some(difference) = &report.rebuilt {
        println!("lists were made again from the changes: {difference}");
    }
    if let Some(aside) = &report.kept_aside {
        println!("the database that was there is kept as {}", aside.display());
    }
    for organization in &report.broken_chains {
        println!("the audit chain of {organization} does not verify: see campo verify-audit");
    }
    println!("start the server: phones give back what they hold of what the backup lacks");
    Ok(())
}

fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| format!("{at:.0}"))
}

/// Tells on standard error how far it has come, at most once a second.
#[derive(Default)]
struct Teller {
    told_at: Mutex<Option<Instant>>,
}

impl Teller {
    fn tell(&self, what: &str, done: u64, of: u64) {
        let mut told_at = self.told_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if done < of && told_at.is_some_and(|at| at.elapsed() < TELL_EVERY) {
            return;
        }
        *told_at = Some(Instant::now());
        // Progress that cannot be written is not worth failing for.
        let _ = writeln!(std::io::stderr(), "{what}: {done} of {of}");
    }
}
