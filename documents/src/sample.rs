//! A made-up order with everything an order can have: what templates are judged on, and what tests and figures use.

mod parts;

use campo_locale::Language;

use crate::data::{CopyFor, OrderFields, Organization, Pictures, ServiceOrderDocument, Style};

const LOGO: &[u8] = include_bytes!("../sample/logo.png");
const PHOTO: &[u8] = include_bytes!("../sample/photo.jpg");
/// 2026-11-12 16:20 in São Paulo.
const DATED_MS: i64 = 1_794_511_200_000;

/// How much a sample has.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Materials.
    pub lines: usize,
    pub photos: usize,
}

/// The pictures samples refer to.
pub fn pictures() -> Pictures {
    [(parts::LOGO, LOGO), (parts::PHOTO, PHOTO)].map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).into()
}

/// An order with something of everything.
pub fn full(copy: CopyFor, style: Style, language: Language) -> ServiceOrderDocument {
    of_size(copy, style, language, Size { lines: 4, photos: 6 })
}

/// The same with this many materials and photos.
pub fn of_size(copy: CopyFor, style: Style, language: Language, size: Size) -> ServiceOrderDocument {
    let currency = if language == Language::Romanian { "RON" } else { "BRL" };
    ServiceOrderDocument {
        currency: currency.to_owned(),
        verification_url: Some("https://campo.example/v/8cFq2mT0YwXk5RZpB1sNnA7dLhUe3oKv".to_owned()),
        organization: parts::organization(),
        customer: Some(parts::customer()),
        site: Some(parts::site()),
        contact: Some(parts::contact()),
        order: parts::order(),
        equipment: parts::equipment(),
        visits: parts::visits(),
        materials: (0..size.lines).map(parts::material).collect(),
        services: parts::services(),
        expenses: parts::expenses(currency),
        checklist: parts::checklist(),
        notes: parts::notes(),
        photos: (0..size.photos).map(parts::photo).collect(),
        signatures: parts::signatures(),
        ..bare(copy, style, language)
    }
}

/// An order nobody has filled in yet: whatever may be absent is.
pub fn bare(copy: CopyFor, style: Style, language: Language) -> ServiceOrderDocument {
    ServiceOrderDocument {
        copy,
        style,
        language,
        zone: "America/Sao_Paulo".to_owned(),
        currency: "BRL".to_owned(),
        dated_ms: DATED_MS,
        version: "5f2c9a10e7b4".to_owned(),
        verification_url: None,
        organization: Organization { name: "Boa Vista Climatização".to_owned(), ..Organization::default() },
        customer: None,
        site: None,
        contact: None,
        order: OrderFields::default(),
        equipment: Vec::new(),
        visits: Vec::new(),
        materials: Vec::new(),
        services: Vec::new(),
        expenses: Vec::new(),
        checklist: Vec::new(),
        notes: Vec::new(),
        photos: Vec::new(),
        signatures: Vec::new(),
    }
}
