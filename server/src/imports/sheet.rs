//! Reads a file as rows of text: which encoding, which separator, which headings. Knows nothing of what they mean.

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows that a guess looks at.
const ROWS_LOOKED_AT: usize = 50;

/// How text is written as bytes, as the WHATWG names it: `UTF-8`, `windows-1252`, `ISO-8859-2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Encoding(pub String);

/// What stands between columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl Separator {
    const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// A file as text.
pub(super) struct Sheet {
    text: String,
    separator: Separator,
}

/// One row; what cannot be read has no cells.
pub(super) struct SheetRow {
    /// As a spreadsheet counts: the headings are row 1.
    pub number: u64,
    pub cells: Result<Vec<String>, RowProblem>,
}

/// Why a row is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowProblem {
    /// It has more or fewer columns than the headings.
    Columns,
    /// Its bytes are no text of the encoding.
    Encoding,
}

/// The encoding that the bytes are most likely written in.
pub(super) fn guess_encoding(bytes: &[u8]) -> Encoding {
    if let Some((marked, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return Encoding(marked.name().to_owned());
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    Encoding(detector.guess(None, chardetng::Utf8Detection::Allow).name().to_owned())
}

/// The text of a file; `None` for an encoding there is not.
pub(super) fn decode(bytes: &[u8], encoding: &Encoding) -> Option<String> {
    let named = encoding_rs::Encoding::for_label(encoding.0.as_bytes())?;
    // A mark of another encoding is stronger than a guess; UTF-16 keeps its zeroes otherwise.
    let (text, ..) = if [UTF_8, UTF_16LE, UTF_16BE].contains(&named) {
        named.decode(bytes)
    } else {
        let (text, had_errors) = named.decode_without_bom_handling(bytes);
        (text, named, had_errors)
    };
    Some(text.into_owned())
}

/// The separator with which most rows have as many columns as the first.
pub(super) fn guess_separator(text: &str) -> Separator {
    let beginning: String = text.split_inclusive('\n').take(ROWS_LOOKED_AT).collect();
    let score = |separator: &Separator| {
        let sheet = Sheet::new(beginning.clone(), *separator);
        let columns = sheet.headings().len();
        let rows = sheet.rows().take(ROWS_LOOKED_AT).filter(|row| row.cells.is_ok()).count();
        if columns < 2 { 0 } else { 1 + rows * columns }
    };
    // The first of equals.
    Separator::ALL.into_iter().rev().max_by_key(score).unwrap_or(Separator::Comma)
}

impl Sheet {
    pub fn new(text: String, separator: Separator) -> Self {
        Self { text, separator }
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new()
            .delimiter(self.separator.byte())
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text.as_bytes())
    }

    /// The headings, trimmed; one that repeats or is empty gets its position.
    pub fn headings(&self) -> Vec<String> {
        let first = self.reader().into_records().next().and_then(Result::ok).unwrap_or_default();
        let mut headings: Vec<String> = Vec::new();
        for (position, heading) in first.iter().enumerate() {
            let heading = heading.trim().trim_start_matches('\u{feff}');
            let is_taken = heading.is_empty() || headings.iter().any(|other| other == heading);
            headings.push(if is_taken {
                format!("{heading} ({})", position + 1).trim_start().to_owned()
            } else {
                heading.to_owned()
            });
        }
        headings
    }

    /// The rows below the headings; an empty one is skipped.
    pub fn rows(&self) -> impl Iterator<Item = SheetRow> {
        let columns = self.headings().len();
        let records = self.reader().into_records().zip(1..).skip(1);
        records.filter_map(move |(record, number)| {
            let record = record.unwrap_or_default();
            if record.iter().all(|cell| cell.trim().is_empty()) {
                return None;
            }
            let cells = if record.len() != columns {
                Err(RowProblem::Columns)
            } else if record.iter().any(|cell| cell.contains('\u{fffd}')) {
                Err(RowProblem::Encoding)
            } else {
                Ok(record.iter().map(|cell| cell.trim().to_owned()).collect())
            };
            Some(SheetRow { number, cells })
        })
    }

    /// Every row as it was written, for who gives wrong ones back.
    pub fn written_rows(&self) -> impl Iterator<Item = (u64, Vec<String>)> {
        let records = self.reader().into_records().zip(1..);
        records
            .map(|(record, number)| (number, record.unwrap_or_default().iter().map(str::to_owned).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Encoding, Separator, Vec<Vec<String>>) {
        let encoding = guess_encoding(bytes);
        let text = decode(bytes, &encoding).unwrap();
        let separator = guess_separator(&text);
        let sheet = Sheet::new(text, separator);
        let rows = sheet.rows().map(|row| row.cells.unwrap()).collect();
        (encoding, separator, [vec![sheet.headings()], rows].concat())
    }

    #[test]
    fn encodings_and_separators_of_spreadsheets_are_recognized() {
        let text = "Nome;Endereço\r\nJoão;\"Rua A; fundos\nbloco 2\"\r\nConceição;Praça da Sé\r\n";
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (latin, ..) = encoding_rs::WINDOWS_1252.encode(text);
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &latin, &marked, &utf16] {
            let (encoding, separator, rows) = read(bytes);

            assert_eq!(separator, Separator::Semicolon, "{encoding:?}");
            assert_eq!(rows[0], ["Nome", "Endereço"], "{encoding:?}");
            assert_eq!(rows[1], ["João", "Rua A; fundos\nbloco 2"]);
            assert_eq!(rows.len(), 3);
        }
        assert_eq!(read(b"a,b\n1,\"2;3;4\"\n").1, Separator::Comma);
        assert_eq!(read(b"a\tb\n1\t2\n").1, Separator::Tab);
        assert_eq!(read(b"a|b|c\n1|2|3\n").1, Separator::Pipe);
    }

    #[test]
    fn rows_that_cannot_be_read_are_named_by_their_number() {
        let sheet = Sheet::new("a,b,a,\n1,2,3,4\n\n1,2\n1,\u{fffd},3,4\n".to_owned(), Separator::Comma);

        let rows: Vec<_> = sheet.rows().map(|row| (row.number, row.cells.map(|cells| cells.len()))).collect();

        assert_eq!(sheet.headings(), ["a", "b", "a (3)", "(4)"]);
        assert_eq!(rows, [(2, Ok(4)), (3, Err(RowProblem::Columns)), (4, Err(RowProblem::Encoding))]);
    }
}
