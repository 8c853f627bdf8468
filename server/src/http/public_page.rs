//! Pages for people without an account, in four languages. Never a script, a cookie or anything from another server.

use actix_web::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::messages::Language;
use crate::sentences::say;

const STYLE: &str = include_str!("public_page.css");

/// What every such page is asked with.
#[derive(Deserialize, JsonSchema)]
pub struct PageRequest {
    /// One of the four languages; without it, what the browser prefers.
    lang: Option<String>,
}

/// The language a page is shown in.
pub fn language_of(request: &HttpRequest, asked: &PageRequest) -> Language {
    let asked = asked.lang.as_deref().and_then(Language::from_name);
    asked.unwrap_or_else(|| preferred_language(request))
}

/// What the browser prefers.
pub fn preferred_language(request: &HttpRequest) -> Language {
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.and_then(Language::negotiate).unwrap_or_default()
}

/// Where the forms of a page may lead.
#[derive(Debug, Clone, Copy)]
pub enum Forms {
    Nowhere,
    Here,
}

/// A whole page. No scripts, no pictures from elsewhere, no trace of the address in other sites' logs.
pub fn answer_page(
    mut response: HttpResponseBuilder,
    (language, title): (Language, &str),
    content: &Markup,
    forms: Forms,
) -> HttpResponse {
    let form_action = match forms {
        Forms::Nowhere => "'none'",
        Forms::Here => "'self'",
    };
    let page = html! {
        (DOCTYPE)
        html lang=(language.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (content) }
        }
    };
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            format!(
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
            ),
        ))
        .body(page.into_string())
}

/// A kind of page with a choice of languages, by the names of its sentences.
pub struct PublicPage {
    pub title: &'static str,
    pub footer: &'static str,
    /// What it says, and advises, where a link leads nowhere.
    pub unknown: (&'static str, &'static str),
}

impl PublicPage {
    pub fn answer(&self, response: HttpResponseBuilder, language: Language, body: &Markup) -> HttpResponse {
        let content = html! {
            header {
                strong { "Campo" }
                nav aria-label=(say(language, "page-language", &[])) {
                    @for other in Language::ALL {
                        @let name = other.own_name();
                        @if other == language { span aria-current="true" { (name) } }
                        @else { a href={ "?lang=" (other.as_str()) } lang=(other.as_str()) { (name) } }
                    }
                }
            }
            main { (body) }
            footer { p { (say(language, self.footer, &[])) } }
        };
        answer_page(response, (language, &say(language, self.title, &[])), &content, Forms::Nowhere)
    }

    /// The same for every link that leads nowhere.
    pub fn not_found(&self, language: Language) -> HttpResponse {
        let (said, advice) = self.unknown;
        let body = html! {
            section.state.unknown {
                h1 { (say(language, said, &[])) }
                p { (say(language, advice, &[])) }
            }
        };
        self.answer(HttpResponse::NotFound(), language, &body)
    }
}
