//! Draws strokes and QR codes as SVG. The same points give the same text.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Width of a pen's line for a drawing of this height, as a share of it.
const PEN_SHARE: f32 = 0.02;
const PEN_MIN: f32 = 0.5;
/// White modules around a QR code (ISO/IEC 18004).
const QUIET_MODULES: usize = 4;

/// A signature's strokes, cut to their own extent.
pub fn strokes_svg(strokes: &[Vec<(f32, f32)>]) -> String {
    let points = || strokes.iter().flatten().filter(|(x, y)| x.is_finite() && y.is_finite());
    let least = |pick: fn(&(f32, f32)) -> f32| points().map(pick).fold(f32::INFINITY, f32::min);
    let most = |pick: fn(&(f32, f32)) -> f32| points().map(pick).fold(f32::NEG_INFINITY, f32::max);
    if points().next().is_none() {
        return svg([0.0, 0.0, 1.0, 1.0], "");
    }
    let (left, top) = (least(|point| point.0), least(|point| point.1));
    let (width, height) = (most(|point| point.0) - left, most(|point| point.1) - top);
    let pen = (height * PEN_SHARE).max(PEN_MIN);
    let mut path = String::new();
    for stroke in strokes {
        let finite: Vec<_> = stroke.iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        for (index, (x, y)) in finite.iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
        }
        if let [(x, y)] = finite[..] {
            let _ = write!(path, "L{x:.1} {y:.1}");
        }
    }
    let ink = format!(
        r##"<path d="{path}" fill="none" stroke="#1c2530" stroke-width="{pen:.1}" stroke-linecap="round" stroke-linejoin="round"/>"##
    );
    svg([left - pen, top - pen, width + 2.0 * pen, height + 2.0 * pen], &ink)
}

/// A QR code of a text; an empty picture when the text is too long for one.
pub fn qr_svg(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
        return svg([0.0, 0.0, 1.0, 1.0], "");
    };
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (index % width + QUIET_MODULES, index / width + QUIET_MODULES);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let side = width + 2 * QUIET_MODULES;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}" height="{side}" shape-rendering="crispEdges"><path d="{path}" fill="#000"/></svg>"##
    )
}

fn svg([left, top, width, height]: [f32; 4], content: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.1} {top:.1} {width:.1} {height:.1}" width="{width:.1}" height="{height:.1}">{content}</svg>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_cut_to_their_extent_and_bad_points_left_out() {
        let svg =
            strokes_svg(&[vec![(10.0, 10.0), (110.0, 60.0)], vec![(f32::NAN, 3.0)], vec![(20.0, 20.0)]]);

        assert!(svg.contains(r#"viewBox="9.0 9.0 102.0 52.0""#), "{svg}");
        assert!(svg.contains("M10.0 10.0L110.0 60.0M20.0 20.0L20.0 20.0"), "{svg}");
    }

    #[test]
    fn a_text_too_long_for_a_code_gives_an_empty_picture() {
        assert!(qr_svg("https://campo.example/v/1").contains("M4 4h1v1h-1z"));
        assert!(!qr_svg(&"x".repeat(10_000)).contains("path"));
    }
}
