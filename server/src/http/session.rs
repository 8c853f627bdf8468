//! `/v1/session`: sign in, refresh, sign out.

use std::time::Duration;

use actix_web::rt::time::sleep;
use actix_web::{HttpRequest, HttpResponse};
use schemars::JsonSchema;
use serde::Deserialize;
use sync_core::ids::OrganizationId;

use crate::accounts::{self, Principal, SignIn};
use crate::http::address::caller_address;
use crate::http::auth::{SealableRequest, seal_of};
use crate::http::body::Json;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    email: String,
    password: String,
    #[serde(default)]
    organization_id: Option<OrganizationId>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordLinkRequest {
    #[schemars(length(max = 254))]
    email: String,
}

/// Whoever guesses faster than is allowed waits for being told so, and costs a connection instead of a core.
const TOO_MANY_ANSWERED_AFTER: Duration = Duration::from_secs(1);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    refresh_token: String,
}

pub async fn sign_in(
    node: Node,
    request: HttpRequest,
    body: Json<SignInRequest>,
) -> Result<HttpResponse, Problem> {
    let seal = seal_of(&request)?;
    let from = caller_address(node.0.config.trusted_proxies, &request);
    let sealable = SealableRequest::new(&request, body.bytes);
    let app = node.0.clone();
    let SignInRequest { email, password, organization_id } = body.value;
    let sign_in = async move {
        let sealed = sealable.to_sealed(&app);
        let attempt = SignIn {
            email: &email,
            password: &password,
            organization: organization_id,
            from,
            seal: seal.as_ref().map(|seal| (seal, sealed)),
        };
        accounts::sign_in(&app, attempt).await
    };
    match node.run(sign_in).await {
        Ok(session) => Ok(HttpResponse::Ok().json(session)),
        Err(refused) => {
            if refused.code() == Code::RateLimited {
                sleep(TOO_MANY_ANSWERED_AFTER).await;
            }
            Err(refused)
        }
    }
}

pub async fn ask_password_link(
    node: Node,
    request: HttpRequest,
    body: Json<PasswordLinkRequest>,
) -> Result<HttpResponse, Problem> {
    let from = caller_address(node.0.config.trusted_proxies, &request);
    let app = node.0.clone();
    let email = body.value.email;
    node.run(async move { accounts::ask_password_link(&app, &email, from).await }).await?;
    Ok(HttpResponse::Accepted().finish())
}

pub async fn refresh_session(
    node: Node,
    request: HttpRequest,
    body: Json<RefreshRequest>,
) -> Result<HttpResponse, Problem> {
    let seal = seal_of(&request)?;
    let sealable = SealableRequest::new(&request, body.bytes);
    let app = node.0.clone();
    let token = body.value.refresh_token;
    let refresh =
        async move { accounts::refresh_session(&app, &token, sealable.to_sealed(&app), seal.as_ref()).await };
    Ok(HttpResponse::Ok().json(node.run(refresh).await?))
}

pub async fn sign_out(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    node.run(async move { accounts::sign_out(&app, &principal).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
