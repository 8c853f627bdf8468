//! Writes orders whose site has a position as GeoJSON (RFC 7946). Never a position of a person.

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{ExportBroken, ExportBytes, WAITING_MAX};
use crate::orders::list_orders::ListedOrder;

/// An order and where its site is, in 10⁻⁷ degrees: north, east.
pub(super) type Placed = (ListedOrder, (i64, i64));

pub(super) fn write(rows: Receiver<Result<Vec<Placed>, ExportBroken>>) -> ExportBytes {
    let (pieces, file) = channel(WAITING_MAX);
    tokio::spawn(write_all(rows, pieces));
    file
}

async fn write_all(
    mut rows: Receiver<Result<Vec<Placed>, ExportBroken>>,
    pieces: Sender<Result<Bytes, ExportBroken>>,
) {
    let mut piece = String::from(r#"{"type":"FeatureCollection","features":["#);
    let mut is_first = true;
    while let Some(page) = rows.recv().await {
        let Ok(page) = page else {
            let _ = pieces.send(Err(ExportBroken)).await;
            return;
        };
        for placed in &page {
            if !std::mem::take(&mut is_first) {
                piece.push(',');
            }
            piece.push_str(&feature_of(&placed.0, placed.1).to_string());
        }
        if pieces.send(Ok(std::mem::take(&mut piece).into())).await.is_err() {
            return;
        }
    }
    piece.push_str("]}");
    let _ = pieces.send(Ok(piece.into())).await;
}

/// An order as a point.
pub(crate) fn feature_of(order: &ListedOrder, (latitude_e7, longitude_e7): (i64, i64)) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "coordinates on the earth fit an f64 exactly")]
    let degrees = |e7: i64| e7 as f64 / 1e7;
    let summary = &order.summary;
    json!({
        "type": "Feature",
        "id": summary.order,
        "geometry": { "type": "Point", "coordinates": [degrees(longitude_e7), degrees(latitude_e7)] },
        "properties": {
            "number": summary.number,
            "state": summary.state,
            "category": summary.category,
            "kind": summary.kind,
            "priority": summary.priority,
            "reason": summary.reason,
            "customer": order.customer_name,
            "window_start": summary.window_start,
            "window_end": summary.window_end,
            "promised": summary.promised,
            "assignees": order.assignees.keys().collect::<Vec<_>>(),
            "is_late": order.is_late,
        },
    })
}
