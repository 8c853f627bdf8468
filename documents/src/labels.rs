//! Labels for equipment: what stands on them, and the forms of paper they are printed on. Never what a label leads to.

use campo_locale::Language;
use serde::{Deserialize, Serialize};

use crate::picture_names::label_qr;
use crate::words::say;

/// A form of label paper that shops sell, or a roll. Lengths in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelForm {
    /// A4, 3 × 8 labels of 70 × 37, edge to edge.
    A4By24,
    /// A4, 3 × 7 labels of 63.5 × 38.1.
    A4By21,
    /// US Letter, 3 × 10 labels of 66.7 × 25.4.
    LetterBy30,
    /// A roll of single labels of 60 × 30.
    Roll,
}

impl LabelForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::A4By24, Self::A4By21, Self::LetterBy30, Self::Roll];

    /// The word callers ask for it by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A4By24 => "a4_24",
            Self::A4By21 => "a4_21",
            Self::LetterBy30 => "letter_30",
            Self::Roll => "roll",
        }
    }

    /// Labels on one page.
    pub const fn count(self) -> usize {
        let measures = self.measures();
        measures.columns * measures.rows
    }

    const fn measures(self) -> Measures {
        match self {
            Self::A4By24 => Measures {
                page: (210.0, 297.0),
                label: (70.0, 37.0),
                first: (0.0, 0.5),
                step: (70.0, 37.0),
                columns: 3,
                rows: 8,
            },
            Self::A4By21 => Measures {
                page: (210.0, 297.0),
                label: (63.5, 38.1),
                first: (7.21, 15.15),
                step: (66.04, 38.1),
                columns: 3,
                rows: 7,
            },
            Self::LetterBy30 => Measures {
                page: (215.9, 279.4),
                label: (66.675, 25.4),
                first: (4.762, 12.7),
                step: (69.85, 25.4),
                columns: 3,
                rows: 10,
            },
            Self::Roll => Measures {
                page: (60.0, 30.0),
                label: (60.0, 30.0),
                first: (0.0, 0.0),
                step: (60.0, 30.0),
                columns: 1,
                rows: 1,
            },
        }
    }
}

/// Where labels lie on a page: widths before heights, in millimetres from the upper left corner.
#[derive(Debug, Clone, Copy, Serialize)]
struct Measures {
    page: (f64, f64),
    label: (f64, f64),
    first: (f64, f64),
    step: (f64, f64),
    columns: usize,
    rows: usize,
}

/// Labels to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSheet {
    pub language: Language,
    /// Who looks after the equipment.
    pub organization: String,
    pub form: LabelForm,
    /// Labels of the first page that are used already.
    pub skip: usize,
    pub labels: Vec<Label>,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// What the QR code says.
    pub url: String,
    pub name: String,
    /// Manufacturer, model, serial number.
    pub details: String,
    /// What to type where there is no camera; empty for none.
    pub code: String,
}

/// What the template reads.
#[derive(Serialize)]
pub struct LabelView<'a> {
    title: String,
    language: &'static str,
    organization: Named<'a>,
    measures: Measures,
    skip: usize,
    labels: Vec<PlacedLabel<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct PlacedLabel<'a> {
    qr: String,
    alt: String,
    name: &'a str,
    details: &'a str,
    code: &'a str,
}

impl<'a> LabelView<'a> {
    pub fn of(sheet: &'a LabelSheet) -> Self {
        let placed = |(index, label): (usize, &'a Label)| PlacedLabel {
            qr: label_qr(index),
            alt: say(sheet.language, "qr-alt", &[("url", label.url.as_str().into())]),
            name: &label.name,
            details: &label.details,
            code: &label.code,
        };
        Self {
            title: say(sheet.language, "equipment-labels", &[]),
            language: sheet.language.as_str(),
            organization: Named { name: &sheet.organization },
            measures: sheet.form.measures(),
            skip: sheet.skip % sheet.form.count(),
            labels: sheet.labels.iter().enumerate().map(placed).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_lies_on_its_page() {
        for form in LabelForm::ALL {
            let Measures { page, label, first, step, columns, rows } = form.measures();
            #[expect(clippy::cast_precision_loss, reason = "a page has few labels")]
            let ends =
                |first: f64, step: f64, count: usize, label: f64| first + step * (count - 1) as f64 + label;
            assert!(ends(first.0, step.0, columns, label.0) <= page.0 + 0.01, "{form:?}");
            assert!(ends(first.1, step.1, rows, label.1) <= page.1 + 0.01, "{form:?}");
            assert!(step.0 >= label.0 && step.1 >= label.1, "{form:?}");
        }
    }
}
