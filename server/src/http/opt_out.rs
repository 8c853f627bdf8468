//! `/mail/opt-out/{token}`: what the last link of a mail leads to. A page asks; a POST, from it or from a mail program, ends.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use maud::{Markup, html};

use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::public_page::{Forms, answer_page, preferred_language};
use crate::messages::Language;
use crate::notifications::opt_out::{self, OptOutLink};
use crate::notifications::words::tell;

pub async fn ask(
    node: Node,
    request: HttpRequest,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let language = preferred_language(&request);
    let Some(company) = company_of(&node, &token).await? else { return Ok(unknown(language)) };
    let facts = BTreeMap::from([("company".to_owned(), company)]);
    let body = html! {
        h1 { (tell(language, "opt-out-title", &facts)) }
        p { (tell(language, "opt-out-question", &facts)) }
        form method="post" { button type="submit" { (tell(language, "opt-out-button", &facts)) } }
    };
    Ok(answer(HttpResponse::Ok(), language, &body))
}

pub async fn opt_out(
    node: Node,
    request: HttpRequest,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let language = preferred_language(&request);
    let Some(company) = company_of(&node, &token).await? else { return Ok(unknown(language)) };
    if let Some(link) = OptOutLink::from_token(&token, &node.0.proof) {
        let app = node.0.clone();
        node.run(async move { opt_out::opt_out(&app, link).await }).await?;
    }
    let facts = BTreeMap::from([("company".to_owned(), company)]);
    let body = html! { p { (tell(language, "opt-out-done", &facts)) } };
    Ok(answer(HttpResponse::Ok(), language, &body))
}

/// The organization of a token; `None` for a text nobody here made, and for an organization that is not here.
async fn company_of(node: &Node, token: &str) -> Result<Option<String>, Problem> {
    let Some(link) = OptOutLink::from_token(token, &node.0.proof) else { return Ok(None) };
    let app = node.0.clone();
    match node.run(async move { opt_out::company_of(&app, link).await }).await {
        Ok(company) => Ok(Some(company)),
        Err(problem) if problem.code() == Code::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn unknown(language: Language) -> HttpResponse {
    let word = |key| tell(language, key, &BTreeMap::new());
    let body = html! { h1 { (word("opt-out-unknown")) } p { (word("opt-out-unknown-hint")) } };
    answer(HttpResponse::NotFound(), language, &body)
}

fn answer(response: HttpResponseBuilder, language: Language, body: &Markup) -> HttpResponse {
    let title = tell(language, "mail-opt-out", &BTreeMap::new());
    answer_page(response, (language, &title), &html! { main { (body) } }, Forms::Here)
}
