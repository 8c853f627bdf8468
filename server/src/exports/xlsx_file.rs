//! Writes a table as an Excel file, row by row through files of its own. Never holds the table in memory.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use bytes::Bytes;
use rust_xlsxwriter::{Workbook, XlsxError};
use tokio::sync::mpsc::Sender;

use super::cells::{Cell, Style};
use super::{ExportBroken, Rows};

/// Letters in one cell, a limit of the format.
const CELL_LETTERS_MAX: usize = 32_767;
const PIECE_BYTES: usize = 64 * 1024;

/// Runs in a thread of its own.
pub(super) fn write(
    columns: &[String],
    rows: Rows,
    style: &Style,
    pieces: &Sender<Result<Bytes, ExportBroken>>,
) {
    let sent = made(columns, rows, style).and_then(|mut file| send(&mut file, pieces));
    if sent.is_err() {
        let _ = pieces.blocking_send(Err(ExportBroken));
    }
}

fn made(columns: &[String], mut rows: Rows, style: &Style) -> Result<File, ExportBroken> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(broken)?;
    let mut put = |row: u32, column: usize, cell: &Cell| -> Result<(), XlsxError> {
        let column = u16::try_from(column).map_err(|_| XlsxError::RowColumnLimitError)?;
        match cell {
            Cell::Empty => {}
            Cell::Number(number) => {
                sheet.write_number(row, column, number.parse::<f64>().unwrap_or(f64::NAN))?;
            }
            Cell::Text(_) | Cell::Time(_) | Cell::Flag(_) => {
                let text: String = cell.shown(style).chars().take(CELL_LETTERS_MAX).collect();
                sheet.write_string(row, column, text)?;
            }
        }
        Ok(())
    };
    for (index, column) in columns.iter().enumerate() {
        put(0, index, &Cell::Text(style.header(column))).map_err(broken)?;
    }
    let mut number = 0;
    while let Some(page) = rows.blocking_recv() {
        for row in page? {
            number += 1;
            for (index, cell) in row.iter().enumerate() {
                put(number, index, cell).map_err(broken)?;
            }
        }
    }
    let mut file = tempfile::tempfile().map_err(broken)?;
    workbook.save_to_writer(&mut file).map_err(broken)?;
    Ok(file)
}

fn send(file: &mut File, pieces: &Sender<Result<Bytes, ExportBroken>>) -> Result<(), ExportBroken> {
    file.seek(SeekFrom::Start(0)).map_err(broken)?;
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let length = file.read(&mut piece).map_err(broken)?;
        piece.truncate(length);
        // A caller who went away needs nothing more.
        if length == 0 || pieces.blocking_send(Ok(piece.into())).is_err() {
            return Ok(());
        }
    }
}

fn broken(error: impl std::fmt::Display) -> ExportBroken {
    tracing::error!(%error, "an export could not be written");
    ExportBroken
}
