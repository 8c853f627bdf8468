//! `campo import`: a file of other software, taken by this process, with progress on standard error.

use std::io::Write as _;
use std::path::PathBuf;

use campo::config::Config;
use campo::imports::{
    Import, ImportKind, ImportLook, ImportState, NewImport, OnError, begin_import, error_file, get_import,
    run_import, start_import, update_import,
};
use clap::Args;

use super::user::Of;
use super::{Failed, Outcome, open, operator, read_language, worded};
use campo::messages::Language;

#[derive(Args)]
pub struct ImportArguments {
    /// customers, sites, equipment, catalogue_items or orders.
    #[arg(value_parser = read_kind)]
    kind: ImportKind,
    /// The CSV file.
    file: PathBuf,
    /// What a column means: --map "Razão Social=legal_name"; columns with usual headings need none.
    #[arg(long = "map", value_parser = read_mapping)]
    mapping: Vec<(String, String)>,
    /// Try every row and keep nothing.
    #[arg(long)]
    dry_run: bool,
    /// Take nothing unless every row can be taken.
    #[arg(long)]
    all_or_nothing: bool,
    /// Where the rows that were not taken go, with their reasons.
    #[arg(long)]
    errors: Option<PathBuf>,
    /// Of the person who prepared the file: decides about decimal commas, and words the reasons.
    #[arg(long, default_value = "en", value_parser = read_language)]
    language: Language,
    #[command(flatten)]
    of: Of,
}

fn read_kind(text: &str) -> Result<ImportKind, String> {
    let all = || ImportKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    ImportKind::from_name(text).ok_or_else(|| format!("one of {}", all()))
}

fn read_mapping(text: &str) -> Result<(String, String), String> {
    let parts = text.rsplit_once('=').ok_or_else(|| "column=field".to_owned())?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

#[expect(clippy::print_stdout, reason = "what became of the rows is the command's output")]
pub async fn import(config: Config, arguments: ImportArguments) -> Outcome {
    let app = open(config).await?;
    let mut operator = operator(&app, arguments.of.organization.as_deref()).await?;
    operator.language = arguments.language;
    let bytes = std::fs::read(&arguments.file)
        .map_err(|error| Failed::new(format!("{}: {error}", arguments.file.display())))?;
    let new = NewImport { kind: arguments.kind, bytes };
    let look = begin_import(&app, &operator, new).await.map_err(worded)?;
    let id = look.import.id;
    let ImportLook { import: Import { mut settings, version, .. }, columns, .. } = look;
    settings.mapping.retain(|_, field| !arguments.mapping.iter().any(|(_, named)| named == field));
    settings.mapping.extend(arguments.mapping);
    settings.on_error = if arguments.all_or_nothing { OnError::Stop } else { OnError::Skip };
    for column in &columns {
        let meaning = settings.mapping.get(column).map_or("left out", String::as_str);
        println!("{column}: {meaning}");
    }
    update_import(&app, &operator, (id, version), settings).await.map_err(worded)?;
    let mut import = start_import(&app, &operator, id, !arguments.dry_run).await.map_err(worded)?;
    while import.state.is_active() {
        run_import(&app, operator.organization, id).await.map_err(worded)?;
        import = get_import(&app, &operator, id).await.map_err(worded)?;
        let progress = import.progress;
        // Progress that cannot be written is not worth failing for.
        let _ = writeln!(std::io::stderr(), "{} of {} rows", progress.rows_done, progress.rows_total);
    }
    let progress = import.progress;
    println!(
        "{} created, {} changed, {} unchanged, {} refused",
        progress.created, progress.changed, progress.unchanged, progress.refused
    );
    if progress.refused > 0
        && let Some(path) = &arguments.errors
    {
        std::fs::write(path, error_file(&app, &operator, id).await.map_err(worded)?)?;
        println!("the rows that were not taken are in {}", path.display());
    }
    match (import.state, progress.refused) {
        (ImportState::Refused, _) => Err(Failed::new("nothing was taken")),
        (_, 0) => Ok(()),
        (_, refused) if arguments.errors.is_none() => {
            Err(Failed::new(format!("{refused} rows were not taken; --errors writes them to a file")))
        }
        (_, refused) => Err(Failed::new(format!("{refused} rows were not taken"))),
    }
}
