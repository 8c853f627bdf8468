//! Writes a table as comma-separated values, the way spreadsheets of the reader's language open them. Never a formula.

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::cells::{Cell, Style};
use super::{ExportBroken, Rows};

/// Says that the text is UTF-8; spreadsheets in languages with a decimal comma need it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) async fn write(
    columns: Vec<String>,
    mut rows: Rows,
    style: Style,
    pieces: Sender<Result<Bytes, ExportBroken>>,
) {
    let heading: Vec<_> = columns.iter().map(|column| style.header(column)).collect();
    let mut first = if style.delimiter() == b';' { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
    first.extend(lines(std::iter::once(heading), &style));
    if pieces.send(Ok(first.into())).await.is_err() {
        return;
    }
    while let Some(page) = rows.recv().await {
        let piece = page.map(|page| Bytes::from(lines_of(&page, &style)));
        let is_broken = piece.is_err();
        if pieces.send(piece).await.is_err() || is_broken {
            return;
        }
    }
}

fn lines_of(page: &[Vec<Cell>], style: &Style) -> Vec<u8> {
    lines(page.iter().map(|row| row.iter().map(|cell| cell.harmless(style)).collect()), style)
}

fn lines(rows: impl Iterator<Item = Vec<String>>, style: &Style) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(style.delimiter())
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row).expect("memory takes every record");
    }
    writer.into_inner().expect("memory takes every record")
}
