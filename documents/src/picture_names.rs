//! Under which paths a template finds pictures. None of them is a file.

/// The QR code that leads to the verification page.
pub const QR: &str = "/qr.svg";

/// The QR code of a label, counted from 0.
pub fn label_qr(index: usize) -> String {
    format!("/label-{index}.svg")
}

const PICTURES: &str = "/pictures/";

/// The path of a picture that came with the data.
pub fn path(name: &str) -> String {
    format!("{PICTURES}{name}")
}

/// The name of a picture by its path.
pub fn name_of(path: &str) -> Option<&str> {
    path.strip_prefix(PICTURES)
}

/// The path of a signature that came as strokes.
pub fn strokes(index: usize) -> String {
    format!("/strokes-{index}.svg")
}
