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
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let asked = asked.lang.as_deref().and_then(Language::from_name);
    asked.or_else(|| accepted.and_then(Language::negotiate)).unwrap_or_default()
}

/// A kind of page, by the names of its sentences.
pub struct PublicPage {
    pub title: &'static str,
    pub footer: &'static str,
}

impl PublicPage {
    /// No scripts, no pictures from elsewhere, no trace of the address in other sites' logs.
    pub fn answer(
        &self,
        mut response: HttpResponseBuilder,
        language: Language,
        body: &Markup,
    ) -> HttpResponse {
        response
            .content_type("text/html; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header(("X-Content-Type-Options", "nosniff"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ))
            .body(self.frame(language, body).into_string())
    }

    fn frame(&self, language: Language, body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(language.as_str()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (say(language, self.title, &[])) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
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
                }
            }
        }
    }
}
