//! Lists as files that spreadsheets and maps open: all rows of a list, in bounded memory. Never more rows than an hour allows.
//!
//! Pages of rows go through a short channel to whoever writes the file, and its bytes through another one to the caller:
//! a slow caller makes everybody wait, and nobody keeps a transaction meanwhile.

mod audit_rows;
mod budget;
mod cells;
mod csv_file;
mod geo_file;
mod listed_rows;
mod order_rows;
mod other_rows;
mod people_rows;
mod record_rows;
mod xlsx_file;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Receiver, channel};

pub use audit_rows::export_audit_entries;
pub use budget::EXPORT_ROWS_PER_HOUR;
pub(crate) use cells::{harmless_text, without_guard};
pub(crate) use geo_file::feature_of;
pub use order_rows::export_orders;
pub use other_rows::{OtherList, export_other};
pub use people_rows::{export_devices, export_users};
pub use record_rows::export_records;

use crate::messages::Language;
use cells::{Cell, Style};

/// Pages of rows, and pieces of a file, that wait at the same time.
const WAITING_MAX: usize = 2;
/// Rows in one page.
const PAGE_ROWS: u32 = 500;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    Csv,
    Xlsx,
    Geojson,
}

impl ExportFormat {
    pub const CSV_TYPE: &'static str = "text/csv";
    pub const XLSX_TYPE: &'static str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    pub const GEOJSON_TYPE: &'static str = "application/geo+json";

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => Self::CSV_TYPE,
            Self::Xlsx => Self::XLSX_TYPE,
            Self::Geojson => Self::GEOJSON_TYPE,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Geojson => "geojson",
        }
    }

    /// The kind of file that an `Accept` header asks for before anything else.
    pub fn accepted(accept: &str) -> Option<Self> {
        let first = accept.split(',').next().unwrap_or_default();
        let media_type = first.split(';').next().unwrap_or_default().trim();
        [Self::Csv, Self::Xlsx, Self::Geojson].into_iter().find(|format| format.media_type() == media_type)
    }
}

/// What the first row of a table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Headers {
    /// What people call the columns.
    #[default]
    Local,
    /// What programs call them; the same in every language and version.
    Stable,
}

/// What a file is to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportStyle {
    pub format: ExportFormat,
    pub headers: Headers,
    pub language: Language,
}

/// A file while it is made.
pub type ExportBytes = Receiver<Result<Bytes, ExportBroken>>;

/// The rest of a file cannot be made; the caller sees that it ends too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the export was interrupted")]
pub struct ExportBroken;

type Rows = Receiver<Result<Vec<Vec<Cell>>, ExportBroken>>;

/// Writes pages of rows into a table of a kind.
fn write_table(
    columns: &'static [&'static str],
    rows: Rows,
    style: Style,
    format: ExportFormat,
) -> ExportBytes {
    write_columns(columns.iter().map(|column| (*column).to_owned()).collect(), rows, style, format)
}

fn write_columns(columns: Vec<String>, rows: Rows, style: Style, format: ExportFormat) -> ExportBytes {
    let (pieces, file) = channel(WAITING_MAX);
    match format {
        ExportFormat::Csv | ExportFormat::Geojson => {
            tokio::spawn(csv_file::write(columns, rows, style, pieces));
        }
        ExportFormat::Xlsx => {
            tokio::task::spawn_blocking(move || xlsx_file::write(&columns, rows, &style, &pieces));
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_asks_for_no_file_and_a_program_for_the_one_it_names_first() {
        assert_eq!(ExportFormat::accepted("text/html,application/json"), None);
        assert_eq!(ExportFormat::accepted("text/csv; charset=utf-8, */*"), Some(ExportFormat::Csv));
        assert_eq!(ExportFormat::accepted("application/geo+json"), Some(ExportFormat::Geojson));
    }
}
