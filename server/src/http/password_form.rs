//! `/password/{token}`: the page on which a person chooses a password. Never says whether a link existed that works no more.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::accounts::{self, LinkOwner};
use crate::http::error::{Code, Problem};
use crate::http::node::Node;
use crate::http::public_page::{Forms, answer_page, preferred_language};
use crate::messages::Language;
use crate::notifications::words::tell;

#[derive(Deserialize)]
pub struct ChosenPassword {
    password: String,
    again: String,
}

pub async fn show(
    node: Node,
    request: HttpRequest,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let language = preferred_language(&request);
    let Some(owner) = owner_of(&node, &token).await? else { return Ok(unknown(language)) };
    Ok(answer(HttpResponse::Ok(), language, &form(language, &owner, None)))
}

pub async fn choose(
    node: Node,
    request: HttpRequest,
    token: web::Path<String>,
    chosen: Result<web::Form<ChosenPassword>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let language = preferred_language(&request);
    let Some(owner) = owner_of(&node, &token).await? else { return Ok(unknown(language)) };
    let again =
        |wrong| answer(HttpResponse::UnprocessableEntity(), language, &form(language, &owner, Some(wrong)));
    let Ok(web::Form(ChosenPassword { password, again: repeated })) = chosen else {
        return Ok(again("password-page-weak"));
    };
    if password != repeated {
        return Ok(again("password-page-differ"));
    }
    let (app, token) = (node.0.clone(), token.into_inner());
    let set = node.run(async move { accounts::set_password_by_link(&app, &token, &password).await }).await;
    match set {
        Ok(true) => {}
        Ok(false) => return Ok(unknown(language)),
        Err(problem) if problem.code() == Code::Invalid => return Ok(again("password-page-weak")),
        Err(problem) => return Err(problem),
    }
    let facts = facts(&owner);
    let body = html! {
        section.state.good {
            h1 { (tell(language, "password-page-done", &facts)) }
            p { (tell(language, "password-page-done-hint", &facts)) }
        }
    };
    Ok(answer(HttpResponse::Ok(), language, &body))
}

async fn owner_of(node: &Node, token: &str) -> Result<Option<LinkOwner>, Problem> {
    let (app, token) = (node.0.clone(), token.to_owned());
    node.run(async move { accounts::owner_of_password_link(&app, &token).await }).await
}

fn facts(owner: &LinkOwner) -> BTreeMap<String, String> {
    BTreeMap::from([("company".to_owned(), owner.company.clone()), ("name".to_owned(), owner.email.clone())])
}

/// The form; with what was wrong with the last try.
fn form(language: Language, owner: &LinkOwner, wrong: Option<&str>) -> Markup {
    let facts = facts(owner);
    let word = |key| tell(language, key, &facts);
    html! {
        h1 { (word("password-page-title")) }
        p { (word("password-page-whose")) }
        @if let Some(wrong) = wrong { p.notice role="alert" { (word(wrong)) } }
        form method="post" {
            // Password managers keep the two together.
            input type="hidden" name="email" autocomplete="username" value=(owner.email);
            label { (word("password-page-new"))
                input type="password" name="password" autocomplete="new-password" required minlength="10" maxlength="200" autofocus;
            }
            label { (word("password-page-again"))
                input type="password" name="again" autocomplete="new-password" required minlength="10" maxlength="200";
            }
            p.quiet { (word("password-page-hint")) }
            button type="submit" { (word("password-page-button")) }
        }
    }
}

fn unknown(language: Language) -> HttpResponse {
    let word = |key| tell(language, key, &BTreeMap::new());
    let body = html! {
        section.state.notice { h1 { (word("password-page-unknown")) } p { (word("password-page-unknown-hint")) } }
    };
    answer(HttpResponse::NotFound(), language, &body)
}

fn answer(response: HttpResponseBuilder, language: Language, body: &Markup) -> HttpResponse {
    let title = tell(language, "password-page-title", &BTreeMap::new());
    answer_page(response, (language, &title), &html! { main { (body) } }, Forms::Here)
}
