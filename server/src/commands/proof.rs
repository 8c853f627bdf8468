//! `campo evidence export`, `verify` and `verify-audit`: proofs on the command line. Output is for people; the exit code is the verdict.

use std::io::Write as _;
use std::path::PathBuf;

use campo::app::App;
use campo::audit::{ChainVerdict, verify_chain};
use campo::config::Config;
use campo::proof::export_evidence::{self, Photos};
use campo::store::{Store, orders, organizations};
use clap::{Args, Subcommand};
use sync_core::evidence::Signing;
use sync_core::evidence::file::{self, SignedVersion, Verdict};
use sync_core::ids::{BlobHash, OrderId, OrganizationId};

use super::{Failed, Outcome, open};

#[derive(Subcommand)]
pub enum EvidenceCommand {
    /// Writes the evidence file of an order, for `campo verify`.
    Export {
        /// The order's id.
        order: OrderId,
        /// Where to write; standard output when absent.
        #[arg(long)]
        out: Option<PathBuf>,
        /// With the bytes of photos and papers, not their hashes alone.
        #[arg(long)]
        with_photos: bool,
    },
}

#[derive(Args)]
pub struct Verify {
    /// The file.
    file: PathBuf,
    /// The key the file has to be signed with, as the server's operator tells it; any key when absent.
    #[arg(long)]
    key: Option<BlobHash>,
}

pub async fn export(config: Config, command: EvidenceCommand) -> Outcome {
    let EvidenceCommand::Export { order, out, with_photos } = command;
    let photos = if with_photos { Photos::Whole } else { Photos::ByName };
    let app = open(config).await?;
    let organization = organization_of(&app, order).await?;
    let organization = organization.ok_or_else(|| Failed::new("there is no such order"))?;
    let file = export_evidence::export(&app, organization, order, photos).await?;
    match out {
        Some(path) => std::fs::write(path, &file)?,
        None => std::io::stdout().write_all(&file)?,
    }
    Ok(())
}

async fn organization_of(app: &App, order: OrderId) -> Result<Option<OrganizationId>, Failed> {
    for organization in organizations::all(&app.store).await? {
        let mut tx = app.store.begin_read(organization).await?;
        if orders::head(&mut tx, order).await?.is_some() {
            return Ok(Some(organization));
        }
    }
    Ok(None)
}

#[expect(clippy::print_stdout, reason = "the verdict is the command's output")]
pub fn verify(Verify { file: path, key }: &Verify) -> Outcome {
    let bytes = std::fs::read(path).map_err(|error| Failed::new(format!("{}: {error}", path.display())))?;
    let verdict = file::verify(&bytes);
    if let Some(header) = &verdict.header {
        println!(
            "order {} of {}",
            header.number.as_deref().unwrap_or("without a number"),
            header.organization_name
        );
    }
    verdict.signatures.iter().for_each(tell_signature);
    for mismatch in &verdict.mismatches {
        println!("line {}: {}", mismatch.line, mismatch.finding);
    }
    if !verdict.is_whole() {
        return Err(Failed::new(format!("{} does not verify", path.display())));
    }
    let written_by = verdict.public_key.map(|key| key.to_string()).unwrap_or_default();
    if key.is_some_and(|key| Some(key) != verdict.public_key) {
        return Err(Failed::new(format!("the file is whole, but another server wrote it: {written_by}")));
    }
    println!("{}", whole(&verdict));
    println!("written by the server with the key {written_by}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the verdict is the command's output")]
fn tell_signature(version: &SignedVersion) {
    let SignedVersion { record, is_sealed, .. } = version;
    let verb = if record.refusal.is_some() { "refused" } else { "signed" };
    let sealed = if *is_sealed { "sealed by its device" } else { "not sealed by a device" };
    println!("{verb} by {}, version {}, {sealed}", record.signer_name, record.snapshot_sha256);
}

fn whole(verdict: &Verdict) -> String {
    let counts = verdict.counts;
    let standing = match &verdict.signing {
        Signing::Unsigned => "nobody has signed it".to_owned(),
        Signing::Signed { .. } => "nothing that was signed has changed since".to_owned(),
        Signing::Refused { .. } => "the signature was refused".to_owned(),
        Signing::NeedsSignature { differences, .. } => {
            format!("{} covered changes since it was signed", differences.len())
        }
    };
    format!(
        "whole: {} changes, {} audit links, {} files here and {} by name; {standing}",
        counts.changes, counts.audit_links, counts.files, counts.files_named
    )
}

#[expect(clippy::print_stdout, reason = "the verdict is the command's output")]
pub async fn verify_audit(config: &Config) -> Outcome {
    let store = Store::open(&config.database).await?;
    let mut broken = 0;
    for organization in organizations::all(&store).await? {
        let mut tx = store.begin_read(organization).await?;
        match verify_chain(&mut tx).await? {
            ChainVerdict::Whole { links } => println!("{organization}: whole, {links} links"),
            ChainVerdict::BrokenAt(seq) => {
                broken += 1;
                println!("{organization}: broken at link {seq}");
            }
        }
    }
    if broken == 0 { Ok(()) } else { Err(Failed::new(format!("{broken} audit chains do not verify"))) }
}
