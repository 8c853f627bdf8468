//! Takes customers, sites, equipment, articles and open orders from files of other software. Never around the office's own rules.
//!
//! A file is looked at (`sheet`), its columns get meanings (`fields`), each row becomes the fields of a record (`row`), and
//! batches of rows are tried or written (`apply`, `run`) by a job that goes on where it stopped. What other software calls a
//! record is kept, so that the same file again makes nothing new.

mod apply;
mod begin;
mod error_file;
mod expire;
mod fields;
mod names;
mod row;
mod run;
mod sheet;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::{RecordId, UserId};
use sync_core::time::Timestamp;

pub use begin::{
    NewImport, begin_import, cancel_import, get_import, import_page, list_imports, start_import,
    update_import,
};
pub use error_file::error_file;
pub use expire::{expire_imports, forget_files};
pub use run::{has_more, run_import};
pub use sheet::{Encoding, Separator};

/// The largest file.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most rows of one file.
pub const ROWS_MAX: u64 = 200_000;

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    Customers,
    Sites,
    Equipment,
    CatalogueItems,
    Orders,
}

impl ImportKind {
    pub const ALL: [Self; 5] =
        [Self::Customers, Self::Sites, Self::Equipment, Self::CatalogueItems, Self::Orders];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Sites => "sites",
            Self::Equipment => "equipment",
            Self::CatalogueItems => "catalogue_items",
            Self::Orders => "orders",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Its columns may still get other meanings.
    Draft,
    /// Each row is tried, and nothing kept.
    Checking,
    Checked,
    Running,
    Done,
    Cancelled,
    /// Nothing was taken, because rows are wrong and the import was to stop then.
    Refused,
    /// Over for so long that its file and its refused rows are gone; or the file was lost.
    Expired,
}

impl ImportState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Draft,
            Self::Checking,
            Self::Checked,
            Self::Running,
            Self::Done,
            Self::Cancelled,
            Self::Refused,
            Self::Expired,
        ];
        all.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the job has something to do.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Checking | Self::Running)
    }
}

/// Which of day and month comes first in dates like 03/04/2026.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    #[default]
    DayFirst,
    MonthFirst,
}

/// What happens when rows are wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Wrong rows go to the error file, the others are taken.
    #[default]
    Skip,
    /// Nothing is taken unless every row can be.
    Stop,
}

/// How a file is to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportSettings {
    pub encoding: Encoding,
    pub separator: Separator,
    /// Column, as its heading says, to field. A column without a field is left out.
    pub mapping: BTreeMap<String, String>,
    /// Whether decimals have a comma: 1.234,56.
    #[serde(default)]
    pub decimal_comma: bool,
    #[serde(default)]
    pub date_order: DateOrder,
    #[serde(default)]
    pub on_error: OnError,
}

/// What became of the rows so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportProgress {
    pub rows_total: u64,
    pub rows_done: u64,
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// Whether what is being checked is imported when every row is right.
    #[serde(default)]
    pub goes_on: bool,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Import {
    pub id: RecordId,
    pub version: i64,
    pub kind: ImportKind,
    pub state: ImportState,
    pub settings: ImportSettings,
    pub progress: ImportProgress,
    pub created_by: UserId,
    #[serde(skip)]
    pub(crate) role: String,
    #[serde(skip)]
    pub(crate) language: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An import with what a person needs to see to give its columns a meaning.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ImportLook {
    #[serde(flatten)]
    pub import: Import,
    /// The headings of the columns; none while rows are gone through.
    pub columns: Vec<String>,
    /// The first rows, as they are read with these settings; none while rows are gone through.
    pub preview: Vec<Vec<String>>,
    /// The fields that columns may be given.
    pub fields: Vec<FieldLook>,
}

/// A field that a column may be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldLook {
    pub name: String,
    /// Whether no row can be taken without it.
    pub required: bool,
}
