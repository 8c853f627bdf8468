//! Reads a finished PDF back: the letters of each page and where they stand. Never judges how it looks.

use campo_documents::data::ServiceOrderDocument;
use campo_documents::{render, sample};
use hayro_interpret::font::Glyph;
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::object::{Dict, String as PdfString};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache, InterpreterSettings, Paint,
    PathDrawMode, SoftMask, interpret_page,
};
use kurbo::{Affine, BezPath, Point, Rect};

/// Points between the edge of the paper and what is printed.
const MARGIN: f64 = 40.0;

pub struct Paper {
    pages: Vec<String>,
    /// Of every letter: where it begins, and how wide its page is.
    places: Vec<(f64, f64)>,
    language: Option<String>,
    is_marked: bool,
    has_structure: bool,
}

impl Paper {
    /// Renders with our own template and reads the result back.
    pub fn of(document: &ServiceOrderDocument) -> Self {
        let rendered = render(document, &sample::pictures(), None).expect("our own template renders");
        let paper = Self::read(&rendered.pdf);
        assert_eq!(paper.pages.len(), rendered.page_count);
        paper
    }

    pub fn read(bytes: &[u8]) -> Self {
        let pdf = Pdf::new(bytes.to_vec()).expect("what was rendered is a PDF");
        let root: Dict<'_> = pdf.xref().get(pdf.xref().root_id()).expect("a PDF has a catalog");
        let mark_info = root.get::<Dict<'_>>("MarkInfo");
        let language = root.get::<PdfString<'_>>("Lang");
        let mut places = Vec::new();
        let cache = InterpreterCache::new();
        let mut pages = Vec::new();
        for page in pdf.pages().iter() {
            let (width, height) = page.render_dimensions();
            let bounds = Rect::new(0.0, 0.0, width.into(), height.into());
            let settings = InterpreterSettings::default();
            let mut context = Context::new(Affine::IDENTITY, bounds, &cache, page.xref(), settings);
            let mut reader = Reader::default();
            interpret_page(page, &mut context, &mut reader);
            places.extend(reader.places.iter().map(|x| (*x, f64::from(width))));
            pages.push(reader.text);
        }
        Self {
            pages,
            places,
            language: language.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned()),
            is_marked: mark_info.and_then(|info| info.get::<bool>("Marked")).unwrap_or_default(),
            has_structure: root.contains_key("StructTreeRoot"),
        }
    }

    /// The letters of each page, without spaces.
    pub fn pages(&self) -> &[String] {
        &self.pages
    }

    pub fn text(&self) -> String {
        self.pages.concat()
    }

    /// Whether the words stand somewhere, however their line was broken.
    pub fn says(&self, words: &str) -> bool {
        self.text().contains(&without_spaces(words))
    }

    /// Whether the words stand on a page.
    pub fn says_on(&self, page: usize, words: &str) -> bool {
        self.pages[page].contains(&without_spaces(words))
    }

    pub fn is_tagged_for(&self, language: &str) -> bool {
        self.is_marked && self.has_structure && self.language.as_deref() == Some(language)
    }

    /// Whether every letter begins between the margins.
    pub fn is_within_its_margins(&self) -> bool {
        self.places.iter().all(|(x, width)| (MARGIN..width - MARGIN).contains(x))
    }
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{200b}').collect()
}

/// Keeps the letters and throws away what is drawn.
#[derive(Default)]
struct Reader {
    text: String,
    places: Vec<f64>,
}

impl<'a> Device<'a> for Reader {
    fn draw_glyph(
        &mut self,
        glyph: &Glyph<'a>,
        transform: Affine,
        glyph_transform: Affine,
        _: &Paint<'a>,
        _: &GlyphDrawMode,
    ) {
        let letters = match glyph.as_unicode() {
            Some(BfString::Char(letter)) => letter.to_string(),
            Some(BfString::String(letters)) => letters,
            None => return,
        };
        let letters = without_spaces(&letters);
        if !letters.is_empty() {
            self.places.push((transform * glyph_transform * Point::ORIGIN).x);
            self.text.push_str(&letters);
        }
    }

    fn set_soft_mask(&mut self, _: Option<SoftMask<'a>>) {}
    fn set_blend_mode(&mut self, _: BlendMode) {}
    fn draw_path(&mut self, _: &BezPath, _: Affine, _: &Paint<'a>, _: &PathDrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: Affine) {}
    fn pop_clip_path(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
