//! Makes the fields of a record of the cells of a row. Never looks whether the record may be so: the record says that.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value, json};
use sync_core::ids::UserId;

use crate::exports::without_guard;
use crate::imports::fields::{Field, Shape, fields_of};
use crate::imports::names::Names;
use crate::imports::{DateOrder, ImportKind, ImportSettings};
use crate::search_text::fold;

/// Why a row is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowRefusal {
    pub field: String,
    /// The name of a sentence.
    pub problem: &'static str,
    pub detail: String,
}

impl RowRefusal {
    pub fn new(field: &str, problem: &'static str) -> Self {
        Self { field: field.to_owned(), problem, detail: String::new() }
    }

    pub fn with(field: &str, problem: &'static str, detail: String) -> Self {
        Self { detail, ..Self::new(field, problem) }
    }
}

/// What is known once for all rows.
pub(super) struct RowReader {
    pub kind: ImportKind,
    pub settings: ImportSettings,
    /// Digits of the currency's minor unit.
    pub minor_digits: u32,
    pub zone: jiff::tz::TimeZone,
    /// By email.
    pub technicians: BTreeMap<String, UserId>,
    /// The column of each field.
    columns: Vec<(Field, usize)>,
}

/// A row understood.
pub(super) struct ReadRow {
    pub external_id: String,
    /// Field to value; only of columns that were given a field.
    pub fields: Map<String, Value>,
}

impl RowReader {
    pub fn new(
        (kind, settings): (ImportKind, ImportSettings),
        headings: &[String],
        (currency, zone): (&str, &str),
        technicians: BTreeMap<String, UserId>,
    ) -> Self {
        let column_of = |field: &Field| {
            headings
                .iter()
                .position(|heading| settings.mapping.get(heading).is_some_and(|name| name == field.name))
        };
        let columns = fields_of(kind).iter().filter_map(|field| Some((*field, column_of(field)?))).collect();
        Self {
            kind,
            minor_digits: campo_locale::minor_digits(currency),
            zone: jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC),
            technicians,
            columns,
            settings,
        }
    }

    /// What the other software calls the record of a row, without looking at the rest.
    pub fn key_of<'a>(&self, cells: &'a [String]) -> Option<&'a str> {
        let (_, column) = self.columns.iter().find(|(field, _)| field.shape == Shape::Key)?;
        cells.get(*column).map(|cell| without_guard(cell)).filter(|key| !key.is_empty())
    }

    /// The names in a row that have to be looked up: its record's own, and those of records it refers to.
    pub fn names_in<'a>(&self, cells: &'a [String]) -> impl Iterator<Item = (ImportKind, &'a str)> {
        self.columns.iter().filter_map(move |(field, column)| {
            let cell = Some(without_guard(cells.get(*column)?)).filter(|cell| !cell.is_empty())?;
            match field.shape {
                Shape::Of(kind) => Some((kind, cell)),
                Shape::Key => Some((self.kind, cell)),
                Shape::Text
                | Shape::Degrees
                | Shape::Money
                | Shape::Day
                | Shape::Moment
                | Shape::Number
                | Shape::Technician
                | Shape::Choice(_) => None,
            }
        })
    }

    /// Understands a row.
    pub fn read(&self, cells: &[String], names: &Names) -> Result<ReadRow, RowRefusal> {
        let mut fields = Map::new();
        let mut external_id = String::new();
        for (field, column) in &self.columns {
            let cell = without_guard(cells.get(*column).map(String::as_str).unwrap_or_default());
            if cell.is_empty() {
                if field.is_required {
                    return Err(RowRefusal::new(field.name, "field-required"));
                }
                // An empty cell empties a text and leaves everything else alone.
                if field.shape == Shape::Text {
                    fields.insert(field.name.to_owned(), json!(""));
                }
                continue;
            }
            let value = match field.shape {
                Shape::Of(kind) => {
                    let unknown = || RowRefusal::with(field.name, "import-reference", cell.to_owned());
                    json!(names.get(kind, cell).ok_or_else(unknown)?)
                }
                Shape::Key => {
                    cell.clone_into(&mut external_id);
                    json!(cell)
                }
                Shape::Text
                | Shape::Degrees
                | Shape::Money
                | Shape::Day
                | Shape::Moment
                | Shape::Number
                | Shape::Technician
                | Shape::Choice(_) => self.value(field, cell)?,
            };
            fields.insert(field.name.to_owned(), value);
        }
        Ok(ReadRow { external_id, fields })
    }

    fn value(&self, field: &Field, cell: &str) -> Result<Value, RowRefusal> {
        let wrong = |problem| RowRefusal::with(field.name, problem, cell.chars().take(60).collect());
        match field.shape {
            Shape::Degrees => {
                let degrees = self.decimal(cell).and_then(|number| number.to_f64());
                degrees.map(|degrees| json!(degrees)).ok_or_else(|| wrong("import-number"))
            }
            Shape::Money => {
                let amount = self.decimal(cell.trim_start_matches("R$").trim_start_matches('$').trim());
                let minor = amount
                    .and_then(|amount| amount.checked_mul(Decimal::from(10_u64.pow(self.minor_digits))));
                let minor = minor.filter(Decimal::is_integer).and_then(|minor| minor.to_i64());
                minor.map(|minor| json!(minor)).ok_or_else(|| wrong("import-number"))
            }
            Shape::Number => {
                cell.parse::<u32>().map(|number| json!(number)).map_err(|_| wrong("import-number"))
            }
            Shape::Day => {
                self.date(cell).map(|date| json!(date.to_string())).ok_or_else(|| wrong("import-date"))
            }
            Shape::Moment => {
                let moment = self.moment(cell).and_then(|moment| moment.to_zoned(self.zone.clone()).ok());
                let millis = moment.map(|moment| moment.timestamp().as_millisecond());
                millis.map(|millis| json!(millis)).ok_or_else(|| wrong("import-date"))
            }
            Shape::Technician => {
                let user = self.technicians.get(&cell.to_lowercase());
                user.map(|user| json!(user)).ok_or_else(|| wrong("import-reference"))
            }
            Shape::Choice(choices) => {
                let word = fold(cell);
                let fits = |(name, words): &&(&str, &[&str])| *name == word || words.contains(&word.as_str());
                choices.iter().find(fits).map(|(name, _)| json!(name)).ok_or_else(|| wrong("import-choice"))
            }
            Shape::Text | Shape::Key | Shape::Of(_) => Ok(json!(cell)),
        }
    }

    /// A number in the way of the file; marks between thousands are dropped.
    fn decimal(&self, cell: &str) -> Option<Decimal> {
        let (mark, point) = if self.settings.decimal_comma { ('.', ',') } else { (',', '.') };
        let text: String = cell.chars().filter(|letter| *letter != mark && !letter.is_whitespace()).collect();
        text.replace(point, ".").parse().ok()
    }

    /// A day: `2026-11-27`, or `27/11/2026` in the order of the file.
    fn date(&self, cell: &str) -> Option<Date> {
        let day = cell.split([' ', 'T']).next()?;
        if let Ok(date) = day.parse() {
            return Some(date);
        }
        let order = match self.settings.date_order {
            DateOrder::DayFirst => "%d/%m/%Y",
            DateOrder::MonthFirst => "%m/%d/%Y",
        };
        Date::strptime(order, day.replace(['.', '-'], "/")).ok()
    }

    /// A day and a time of day; without one, the day begins at eight.
    fn moment(&self, cell: &str) -> Option<DateTime> {
        let date = self.date(cell)?;
        let time = match cell.split_once([' ', 'T']) {
            Some((_, time)) => {
                let time = time.trim().trim_end_matches('h');
                let formats = ["%H:%M:%S", "%H:%M", "%Hh%M", "%H"];
                formats.iter().find_map(|format| jiff::civil::Time::strptime(format, time).ok())?
            }
            None => jiff::civil::time(8, 0, 0, 0),
        };
        Some(date.to_datetime(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::{Encoding, OnError, Separator};

    fn reader(decimal_comma: bool, date_order: DateOrder) -> RowReader {
        let settings = ImportSettings {
            encoding: Encoding("UTF-8".to_owned()),
            separator: Separator::Comma,
            mapping: BTreeMap::new(),
            decimal_comma,
            date_order,
            on_error: OnError::Skip,
        };
        RowReader::new((ImportKind::Orders, settings), &[], ("BRL", "America/Sao_Paulo"), BTreeMap::new())
    }

    #[test]
    fn numbers_and_days_are_read_in_the_way_of_the_file() {
        let (comma, point) = (reader(true, DateOrder::DayFirst), reader(false, DateOrder::MonthFirst));
        let money =
            fields_of(ImportKind::CatalogueItems).iter().find(|field| field.shape == Shape::Money).unwrap();
        let start = fields_of(ImportKind::Orders).iter().find(|field| field.shape == Shape::Moment).unwrap();

        assert_eq!(comma.value(money, "R$ 1.234,56"), Ok(json!(123_456)));
        assert_eq!(point.value(money, "1,234.5"), Ok(json!(123_450)));
        assert_eq!(point.value(money, "1.005").unwrap_err().problem, "import-number");
        assert_eq!(comma.date("03/04/2026").unwrap().to_string(), "2026-04-03");
        assert_eq!(point.date("03/04/2026").unwrap().to_string(), "2026-03-04");
        assert_eq!(comma.date("31/02/2026"), None);
        assert_eq!(comma.value(start, "27/11/2026 14:30"), Ok(json!(1_795_800_600_000_i64)));
        assert_eq!(comma.value(start, "2026-11-27T14:30"), Ok(json!(1_795_800_600_000_i64)));
        assert_eq!(comma.value(start, "soon").unwrap_err().problem, "import-date");
    }
}
