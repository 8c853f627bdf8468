//! `/verify/{token}`: what the QR code of a document leads to. A page for people without an account, in four languages.

use actix_web::{HttpRequest, HttpResponse, web};
use fluent_bundle::FluentValue;
use maud::{Markup, html};
use sync_core::time::TimeTrust;

use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::public_page::{PageRequest, PublicPage, language_of};
use crate::messages::Language;
use crate::proof::verification_link::VerificationLink;
use crate::proof::verify_order::{SignedVersion, Verification, verify_order};
use crate::sentences::{moment_in, say};

/// What the pages say whatever they show.
const PAGE: PublicPage = PublicPage {
    title: "verify-title",
    footer: "verify-legal",
    unknown: ("verify-unknown", "verify-unknown-hint"),
};

pub async fn verify(
    node: Node,
    request: HttpRequest,
    token: web::Path<String>,
    query: web::Query<PageRequest>,
) -> Result<HttpResponse, Problem> {
    let language = language_of(&request, &query);
    let Some(link) = VerificationLink::from_token(&token, &node.0.proof) else {
        return Ok(PAGE.not_found(language));
    };
    let app = node.0.clone();
    let read = node.run(async move { verify_order(&app, link, language).await }).await;
    match read {
        Ok(verification) => Ok(PAGE.answer(HttpResponse::Ok(), language, &page(&verification, language))),
        Err(problem) if problem.code() == Code::NotFound => Ok(PAGE.not_found(language)),
        Err(problem) => Err(problem),
    }
}

fn page(verification: &Verification, language: Language) -> Markup {
    let word = |key: &'static str| say(language, key, &[]);
    let number = verification.number.as_deref();
    html! {
        @match &verification.signed {
            Some(signed) => (verdict(signed, verification, language)),
            None => section.state.unknown {
                h1 { (word("verify-unsigned")) }
                p { (word("verify-unsigned-hint")) }
            },
        }
        section {
            h2 { (word("verify-order")) }
            dl {
                dt { (word("verify-company")) }
                dd {
                    (verification.organization)
                    @if !verification.tax_id.is_empty() { br; span.quiet { (verification.tax_id) } }
                }
                dt { (word("verify-number")) }
                dd { @match number { Some(number) => (number), None => (word("verify-no-number")) } }
            }
        }
        @if let Some(signed) = &verification.signed { (details(signed, verification, language)) }
    }
}

fn verdict(signed: &SignedVersion, verification: &Verification, language: Language) -> Markup {
    let word = |key: &'static str| say(language, key, &[]);
    let key = match (signed.refusal.is_some(), signed.changes.is_empty()) {
        (true, _) => "verify-refused",
        (false, true) => "verify-unchanged",
        (false, false) => "verify-changed",
    };
    let class = match key {
        "verify-unchanged" => "state good",
        _ => "state notice",
    };
    html! {
        section class=(class) {
            h1 { (word(key)) }
            @if let Some(reason) = &signed.refusal { p { "“" (reason) "”" } }
            @if !signed.changes.is_empty() {
                p { (word("verify-changed-hint")) }
                ul { @for change in &signed.changes { li { (change) } } }
            }
            @if let Some(at) = verification.newer {
                @let at = FluentValue::from(moment_in(at, &verification.zone, language));
                p { (say(language, "verify-newer", &[("at", at)])) }
            }
        }
    }
}

fn details(signed: &SignedVersion, verification: &Verification, language: Language) -> Markup {
    let word = |key: &'static str| say(language, key, &[]);
    let time = |at| moment_in(at, &verification.zone, language);
    html! {
        section {
            h2 { (word(if signed.refusal.is_some() { "verify-refusal" } else { "verify-signature" })) }
            dl {
                dt { (word(if signed.refusal.is_some() { "verify-refused-by" } else { "verify-signed-by" })) }
                dd {
                    (signed.signer_name)
                    @if let Some(role) = &signed.signer_role { br; span.quiet { (role) } }
                    @if let Some(number) = &signed.document_number { br; span.quiet { (number) } }
                }
                dt { (word("verify-at")) }
                dd { (time(signed.at.estimated)) br; span.quiet { (trust(signed, language)) } }
                @if let Some(received_at) = signed.received_at {
                    dt { (word("verify-received")) }
                    dd { (time(received_at)) }
                }
                dt { (word("verify-how")) }
                dd {
                    (word(if signed.refusal.is_some() { "verify-how-refused" } else if signed.is_drawn { "verify-how-drawn" } else { "verify-how-typed" }))
                    br;
                    span.quiet { (word(if signed.is_sealed { "verify-sealed" } else { "verify-not-sealed" })) }
                }
                dt { (word("verify-fingerprint")) }
                dd { code { (signed.fingerprint) } }
            }
        }
    }
}

/// How good the time is, in words.
fn trust(signed: &SignedVersion, language: Language) -> String {
    let seconds = signed.at.uncertainty_ms.map_or(0, |uncertainty_ms| (uncertainty_ms + 999) / 1_000);
    let within = [("seconds", FluentValue::from(seconds))];
    match signed.at.trust {
        TimeTrust::Server => say(language, "verify-time-server", &[]),
        TimeTrust::Anchored => say(language, "verify-time-anchored", &within),
        TimeTrust::Offset => say(language, "verify-time-offset", &within),
        TimeTrust::DeviceOnly => say(language, "verify-time-device", &[]),
    }
}
