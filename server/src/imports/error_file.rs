//! The rows that were not taken, as they were written, each with its number and the reason. Never a formula.

use super::begin::{get_import, sheet_of};
use crate::accounts::Principal;
use crate::app::App;
use crate::exports::harmless_text;
use crate::messages::sentence;
use crate::refusal::Refusal;
use crate::store::imports;
use sync_core::ids::RecordId;

/// A CSV file with three columns before those of the original; only headings when every row was taken.
///
/// # Errors
///
/// The office only.
pub async fn error_file(app: &App, principal: &Principal, id: RecordId) -> Result<Vec<u8>, Refusal> {
    let import = get_import(app, principal, id).await?;
    let sheet = sheet_of(app, principal, &import).await?;
    let mut tx = app.store.begin_read(principal.organization).await?;
    let mut refusals = imports::refusals(&mut tx, id).await?.into_iter().peekable();
    tx.commit().await?;
    let language = principal.language;
    let mut file = csv::WriterBuilder::new()
        .delimiter(if import.settings.decimal_comma { b';' } else { b',' })
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let named = ["import-heading-row", "import-heading-field", "import-heading-reason"];
    let mut headings: Vec<String> = named.iter().map(|key| sentence(language, key, &[])).collect();
    headings.extend(sheet.headings());
    file.write_record(&headings).expect("memory takes every record");
    for (number, cells) in sheet.written_rows() {
        let Some(refusal) = refusals.next_if(|refusal| refusal.row_number == number) else { continue };
        let variables =
            [("field", refusal.field.as_str().into()), ("detail", refusal.detail.as_str().into())];
        let reason = sentence(language, &refusal.problem, &variables);
        let known = [number.to_string(), refusal.field.clone(), harmless_text(&reason)];
        let cells = cells.iter().map(|cell| harmless_text(cell));
        file.write_record(known.into_iter().chain(cells)).expect("memory takes every record");
    }
    Ok(file.into_inner().expect("memory takes every record"))
}
