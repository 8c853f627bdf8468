//! How a mail looks: plain paragraphs under the organization's name, as text and as simple HTML. Never an image or script.

use maud::{DOCTYPE, Markup, html};

use crate::messages::Language;

/// What stands in a mail.
#[derive(Debug, Clone, Default)]
pub(super) struct Letter {
    pub subject: String,
    pub company: String,
    pub paragraphs: Vec<String>,
    /// Words and where they lead.
    pub links: Vec<(String, String)>,
    /// Why it came, and how to get no more.
    pub small: Vec<String>,
    pub opt_out: Option<(String, String)>,
}

const BODY: &str = "margin:0;background:#f4f5f7;font-family:system-ui,Segoe UI,Roboto,Helvetica,Arial,sans-serif;\
                    color:#1d2733;font-size:16px;line-height:1.5";
const SHEET: &str = "max-width:600px;margin:0 auto;padding:24px;background:#ffffff";
const HEAD: &str = "margin:0 0 24px;padding:0 0 12px;border-bottom:3px solid #1f6f54;font-size:20px";
const SMALL: &str = "margin:24px 0 0;color:#5b6673;font-size:13px";

impl Letter {
    pub fn to_text(&self) -> String {
        let mut parts = self.paragraphs.clone();
        parts.extend(self.links.iter().map(|(words, address)| format!("{words}:\n{address}")));
        parts.push(self.company.clone());
        parts.push(format!("-- \n{}", self.small.join("\n")));
        parts.extend(self.opt_out.iter().map(|(words, address)| format!("{words}:\n{address}")));
        parts.join("\n\n")
    }

    pub fn to_html(&self, language: Language) -> String {
        self.page(language).into_string()
    }

    fn page(&self, language: Language) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(language.as_str()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.subject) }
                }
                body style=(BODY) {
                    div style=(SHEET) {
                        h1 style=(HEAD) { (self.company) }
                        @for paragraph in &self.paragraphs { p { (paragraph) } }
                        @for (words, address) in &self.links { p { a href=(address) { (words) } } }
                        p style=(SMALL) {
                            @for line in &self.small { (line) br; }
                            @if let Some((words, address)) = &self.opt_out { a href=(address) { (words) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_markup_stay_text() {
        let letter = Letter {
            company: "<b>A & B</b>".to_owned(),
            paragraphs: vec!["1 < 2".to_owned()],
            opt_out: Some(("No more".to_owned(), "https://a/b".to_owned())),
            ..Letter::default()
        };

        let html = letter.to_html(Language::English);

        assert!(html.contains("&lt;b&gt;A &amp; B&lt;/b&gt;") && html.contains("1 &lt; 2"), "{html}");
        assert!(letter.to_text().contains("<b>A & B</b>"));
        assert!(letter.to_text().ends_with("No more:\nhttps://a/b"));
    }
}
