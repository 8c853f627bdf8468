//! `/v1/calendar-feeds`, and `/calendar/{token}`: the calendar or map itself, for whoever has the address. Never needs a
//! session.

use actix_web::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::Principal;
use crate::calendars::{self, CalendarFeed, CalendarFeedFields};
use crate::exports::ExportFormat;
use crate::http::body::Json;
use crate::http::error::{Code, Problem};
use crate::http::node::Node;

/// Every address the caller sees.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CalendarFeedList {
    pub rows: Vec<CalendarFeed>,
}

pub async fn create_feed(
    node: Node,
    principal: Principal,
    body: Json<CalendarFeedFields>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let made = node.run(async move { calendars::create_feed(&app, &principal, body.value).await }).await?;
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(made))
}

pub async fn list_feeds(node: Node, principal: Principal) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let rows = node.run(async move { calendars::list_feeds(&app, &principal).await }).await?;
    Ok(HttpResponse::Ok().json(CalendarFeedList { rows }))
}

pub async fn revoke_feed(
    node: Node,
    principal: Principal,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let id = path.parse().map_err(|_| Problem::new(Code::NotFound))?;
    node.run(async move { calendars::revoke_feed(&app, &principal, id).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn get_calendar(node: Node, token: web::Path<String>) -> Result<HttpResponse, Problem> {
    let app = node.0.clone();
    let (media_type, shown) = match token.strip_suffix(".geojson").map(str::to_owned) {
        Some(token) => (
            ExportFormat::GEOJSON_TYPE,
            node.run(async move { calendars::map_of(&app, &token).await }).await?,
        ),
        None => {
            let token = token.trim_end_matches(".ics").to_owned();
            let calendar = node.run(async move { calendars::calendar_of(&app, &token).await }).await?;
            ("text/calendar; charset=utf-8", calendar)
        }
    };
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CACHE_CONTROL, "private, max-age=300"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .body(shown))
}
