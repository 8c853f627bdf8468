//! A drawn signature as data: points with time and pressure, and its drawing as SVG. A stored format.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// Strokes of one signature.
pub const STROKES_MAX: usize = 500;
/// Points of one signature.
pub const POINTS_MAX: usize = 20_000;
/// Width and height of the pad, in its own units.
pub const SIDE_MAX: u32 = 10_000;
/// A signature that takes longer was forgotten on the screen (milliseconds).
pub const DURATION_MS_MAX: u32 = 3_600_000;

/// One point of the pen: x, y, milliseconds since the first point, pressure in thousandths.
pub type Point = (u32, u32, u32, u16);

/// What was drawn on the pad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strokes {
    /// The version of this format: 1.
    pub campo_strokes: u32,
    /// Width of the pad.
    pub width: u32,
    /// Height of the pad.
    pub height: u32,
    /// From pen down to pen up, each.
    pub strokes: Vec<Vec<Point>>,
}

/// Why a drawing cannot be a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StrokesError {
    /// Not the JSON of strokes.
    #[error("not a drawing of a signature")]
    Unreadable,
    /// Nothing was drawn.
    #[error("nothing was drawn")]
    Empty,
    /// More strokes, points or time than a signature has, or points outside the pad.
    #[error("not within the limits of a signature")]
    Limits,
}

impl Strokes {
    /// Reads a drawing.
    ///
    /// # Errors
    ///
    /// Says what keeps it from being a signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, StrokesError> {
        let strokes: Self = serde_json::from_slice(bytes).map_err(|_| StrokesError::Unreadable)?;
        if strokes.strokes.iter().all(Vec::is_empty) {
            return Err(StrokesError::Empty);
        }
        if strokes.is_within_limits() { Ok(strokes) } else { Err(StrokesError::Limits) }
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers have a JSON form")
    }

    fn is_within_limits(&self) -> bool {
        let points = || self.strokes.iter().flatten();
        self.campo_strokes == 1
            && (1..=SIDE_MAX).contains(&self.width)
            && (1..=SIDE_MAX).contains(&self.height)
            && self.strokes.len() <= STROKES_MAX
            && points().count() <= POINTS_MAX
            && points().all(|(x, y, at_ms, pressure)| {
                *x <= self.width && *y <= self.height && *at_ms <= DURATION_MS_MAX && *pressure <= 1_000
            })
    }

    /// The drawing, black on nothing; a lone point is a dot.
    pub fn to_svg(&self) -> String {
        let (width, height) = (self.width, self.height);
        let pen = (height / 60).max(1);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\"><g fill=\"none\" \
             stroke=\"#000\" stroke-width=\"{pen}\" stroke-linecap=\"round\" stroke-linejoin=\"round\">"
        );
        for stroke in self.strokes.iter().filter(|stroke| !stroke.is_empty()) {
            svg.push_str("<path d=\"");
            for (index, (x, y, ..)) in stroke.iter().enumerate() {
                let step = if index == 0 { 'M' } else { 'L' };
                write!(svg, "{step}{x} {y}").expect("a text takes more text");
            }
            if let [(x, y, ..)] = stroke[..] {
                write!(svg, "L{x} {y}").expect("a text takes more text");
            }
            svg.push_str("\"/>");
        }
        svg.push_str("</g></svg>");
        svg
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn strokes_are_read_back_and_drawn() {
        let drawn = Strokes {
            campo_strokes: 1,
            width: 600,
            height: 200,
            strokes: vec![vec![(10, 20, 0, 500), (30, 40, 16, 700)], vec![(5, 5, 90, 1_000)]],
        };

        let read = Strokes::parse(&drawn.to_bytes()).unwrap();

        assert_eq!(read, drawn);
        let svg = read.to_svg();
        assert!(svg.contains("<path d=\"M10 20L30 40\"/><path d=\"M5 5L5 5\"/>"), "{svg}");
    }

    #[test]
    fn a_drawing_that_is_no_signature_is_refused() {
        let drawing =
            |strokes: Value| json!({"campo_strokes": 1, "width": 600, "height": 200, "strokes": strokes});
        let cases = [
            (drawing(json!([])), StrokesError::Empty),
            (drawing(json!([[[601, 1, 0, 1]]])), StrokesError::Limits),
            (drawing(json!([[[1, 1, 0, 1_001]]])), StrokesError::Limits),
            (drawing(json!(vec![json!([[1, 1, 0, 1]]); 501])), StrokesError::Limits),
            (drawing(json!([[[1.5, 1, 0, 1]]])), StrokesError::Unreadable),
            (json!("<svg onload=alert(1)>"), StrokesError::Unreadable),
        ];
        for (drawing, expected) in cases {
            assert_eq!(Strokes::parse(drawing.to_string().as_bytes()), Err(expected), "{drawing}");
        }
    }
}
