//! Asks a geocoder where an address is, for whoever places a site. Optional: without one a place is picked on the map.
//!
//! Any service that answers as Nominatim does or with GeoJSON. Only the address that was typed leaves the server, never whose it
//! is. Answers are kept, so that the same address is asked once.

use std::time::Duration;

use futures_util::StreamExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::redirect::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::accounts::Principal;
use crate::app::App;
use crate::refusal::{Refusal, require_text};
use crate::search_text::fold;
use crate::store::geocoded_places;

/// Where the address goes in the setting's URL.
pub const QUERY_MARK: &str = "{query}";
const QUERY_LENGTH_MAX: usize = 300;
const TIME_MAX: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: usize = 256 * 1024;
const PLACES_MAX: usize = 10;
const LABEL_LENGTH_MAX: usize = 300;
const DAY_MS: i64 = 24 * 3_600_000;
const KEEP_MS: i64 = 90 * DAY_MS;
const AGENT: &str = concat!("Campo/", env!("CARGO_PKG_VERSION"));

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GeocodingState {
    Found,
    /// The geocoder knows no such place.
    Unknown,
    /// No geocoder is configured.
    Off,
    /// It does not answer, or not as expected.
    Unavailable,
}

/// Places that an address may be.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Geocoding {
    pub state: GeocodingState,
    /// The likeliest first.
    pub places: Vec<GeocodedPlace>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeocodedPlace {
    pub label: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// The way to the geocoder.
#[derive(Debug, Clone)]
pub struct Geocoder {
    url: String,
    client: reqwest::Client,
}

impl Geocoder {
    /// Prepares the way; `url` has the mark where the address goes.
    ///
    /// # Errors
    ///
    /// When no client can be made.
    pub fn new(url: &str) -> Result<Self, Refusal> {
        let client =
            reqwest::Client::builder().user_agent(AGENT).timeout(TIME_MAX).redirect(Policy::none()).build();
        let client = client.map_err(|error| Refusal::internal(&error.to_string()))?;
        Ok(Self { url: url.to_owned(), client })
    }

    /// Asks; `None` when there is no usable answer.
    async fn ask(&self, query: &str) -> Option<Vec<GeocodedPlace>> {
        let url = self.url.replace(QUERY_MARK, &utf8_percent_encode(query, NON_ALPHANUMERIC).to_string());
        let answer = self.client.get(url).send().await.ok()?.error_for_status().ok()?;
        let mut bytes = Vec::new();
        let mut runs = answer.bytes_stream();
        while let Some(run) = runs.next().await {
            bytes.extend_from_slice(&run.ok()?);
            if bytes.len() > ANSWER_BYTES_MAX {
                return None;
            }
        }
        places_of(&serde_json::from_slice(&bytes).ok()?)
    }
}

/// Where an address is.
///
/// # Errors
///
/// The office only. A geocoder that fails is no error: the answer says so.
pub async fn geocode(app: &App, principal: &Principal, query: &str) -> Result<Geocoding, Refusal> {
    principal.require_office()?;
    let query = require_text("q", query, QUERY_LENGTH_MAX)?;
    let Some(geocoder) = &app.geocoder else {
        return Ok(Geocoding { state: GeocodingState::Off, places: Vec::new() });
    };
    let asked = fold(&query.split_whitespace().collect::<Vec<_>>().join(" "));
    let now = app.clock.now();
    let mut tx = app.store.begin_read(principal.organization).await?;
    let kept = geocoded_places::get(&mut tx, &asked, now.plus_millis(-KEEP_MS)).await?;
    tx.commit().await?;
    if let Some(places) = kept.and_then(|text| serde_json::from_str::<Vec<_>>(&text).ok()) {
        return Ok(told(places));
    }
    let Some(places) = geocoder.ask(&query).await else {
        tracing::warn!("the geocoder does not answer as expected");
        return Ok(Geocoding { state: GeocodingState::Unavailable, places: Vec::new() });
    };
    let text = serde_json::to_string(&places).map_err(|error| Refusal::internal(&error.to_string()))?;
    let mut tx = app.store.begin_write(principal.organization).await?;
    geocoded_places::put(&mut tx, &asked, &text, now).await?;
    tx.commit().await?;
    Ok(told(places))
}

fn told(places: Vec<GeocodedPlace>) -> Geocoding {
    let state = if places.is_empty() { GeocodingState::Unknown } else { GeocodingState::Found };
    Geocoding { state, places }
}

/// The places of an answer: a list as Nominatim gives it, or the features of GeoJSON. `None` for anything else.
fn places_of(answer: &Value) -> Option<Vec<GeocodedPlace>> {
    let (rows, read): (_, fn(&Value) -> Option<GeocodedPlace>) = match answer.as_array() {
        Some(rows) => (rows, of_nominatim),
        None => (answer["features"].as_array()?, of_geojson),
    };
    Some(rows.iter().filter_map(read).take(PLACES_MAX).collect())
}

fn of_nominatim(row: &Value) -> Option<GeocodedPlace> {
    let degrees = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    place(row["display_name"].as_str()?, degrees(&row["lat"])?, degrees(&row["lon"])?)
}

fn of_geojson(feature: &Value) -> Option<GeocodedPlace> {
    let at = feature["geometry"]["coordinates"].as_array()?;
    let properties = &feature["properties"];
    let label = properties["label"].as_str().or_else(|| properties["name"].as_str()).unwrap_or_default();
    place(label, at.get(1)?.as_f64()?, at.first()?.as_f64()?)
}

fn place(label: &str, latitude: f64, longitude: f64) -> Option<GeocodedPlace> {
    let label = label.chars().filter(|letter| !letter.is_control()).take(LABEL_LENGTH_MAX).collect();
    let is_on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    is_on_earth.then_some(GeocodedPlace { label, latitude, longitude })
}
