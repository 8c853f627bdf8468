//! A site: a place where work is done for a customer. Never the person, which is a contact.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sync_core::ids::RecordId;

use crate::reference::{Record, ReferenceFields, degrees};
use crate::refusal::{FieldProblem, Refusal, optional_text, require_text};
use crate::store::{self, ListPage, Result, Tx, record_words};

const LATITUDE_MAX_E7: i64 = 900_000_000;
const LONGITUDE_MAX_E7: i64 = 1_800_000_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteFields {
    pub customer_id: RecordId,
    pub name: String,
    #[serde(default)]
    pub street: String,
    /// "s/n" is a number too.
    #[serde(default)]
    pub number: String,
    #[serde(default)]
    pub complement: String,
    #[serde(default)]
    pub district: String,
    #[serde(default)]
    pub city: String,
    #[serde(default)]
    pub region: String,
    #[serde(default)]
    pub postal_code: String,
    /// Two letters, ISO 3166.
    #[serde(default)]
    pub country: String,
    /// How to get in.
    #[serde(default)]
    pub instructions: String,
    /// Degrees north.
    #[serde(default, rename = "latitude", with = "degrees")]
    #[schemars(with = "Option<f64>", range(min = -90.0, max = 90.0))]
    pub latitude_e7: Option<i64>,
    /// Degrees east.
    #[serde(default, rename = "longitude", with = "degrees")]
    #[schemars(with = "Option<f64>", range(min = -180.0, max = 180.0))]
    pub longitude_e7: Option<i64>,
}

impl ReferenceFields for SiteFields {
    const KIND: &'static str = "site";

    fn check(&mut self) -> std::result::Result<(), Refusal> {
        self.name = require_text("name", &self.name, 200)?;
        self.street = optional_text("street", &self.street, 200)?;
        self.number = optional_text("number", &self.number, 20)?;
        self.complement = optional_text("complement", &self.complement, 200)?;
        self.district = optional_text("district", &self.district, 100)?;
        self.city = optional_text("city", &self.city, 100)?;
        self.region = optional_text("region", &self.region, 100)?;
        self.postal_code = optional_text("postal_code", &self.postal_code, 20)?;
        self.country = optional_text("country", &self.country, 2)?.to_uppercase();
        self.instructions = optional_text("instructions", &self.instructions, 2_000)?;
        if !matches!(self.country.len(), 0 | 2) || !self.country.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            return Err(Refusal::invalid("country", FieldProblem::Format));
        }
        check_position(self.latitude_e7, self.longitude_e7)
    }

    fn title(&self) -> &str {
        &self.name
    }

    fn search_text(&self) -> String {
        [&self.name, &self.street, &self.number, &self.district, &self.city, &self.postal_code]
            .map(String::as_str)
            .join(" ")
    }

    fn customer(&self) -> Option<RecordId> {
        Some(self.customer_id)
    }

    async fn save(tx: &mut Tx, record: &Record<Self>) -> Result<bool> {
        let is_saved = store::sites::save(tx, record).await?;
        if is_saved {
            record_words::follow(tx, record).await?;
        }
        Ok(is_saved)
    }

    async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<Record<Self>>> {
        store::sites::get(tx, id).await
    }

    async fn list(tx: &mut Tx, page: &ListPage) -> Result<Vec<Record<Self>>> {
        store::sites::list(tx, page).await
    }
}

/// A point on the earth, or none.
pub(super) fn check_position(
    latitude_e7: Option<i64>,
    longitude_e7: Option<i64>,
) -> std::result::Result<(), Refusal> {
    check_range("latitude", latitude_e7, LATITUDE_MAX_E7)?;
    check_range("longitude", longitude_e7, LONGITUDE_MAX_E7)?;
    match (latitude_e7, longitude_e7) {
        (Some(_), None) => Err(Refusal::invalid("longitude", FieldProblem::Required)),
        (None, Some(_)) => Err(Refusal::invalid("latitude", FieldProblem::Required)),
        (Some(_), Some(_)) | (None, None) => Ok(()),
    }
}

fn check_range(field: &'static str, value_e7: Option<i64>, max_e7: i64) -> std::result::Result<(), Refusal> {
    match value_e7 {
        Some(value_e7) if value_e7.abs() > max_e7 => Err(Refusal::invalid(field, FieldProblem::Range)),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(latitude: &str, longitude: &str) -> Option<SiteFields> {
        let json = format!(
            r#"{{"customer_id":"00000000-0000-0000-0000-000000000001","name":"HQ","latitude":{latitude},"longitude":{longitude}}}"#
        );
        let mut fields: SiteFields = serde_json::from_str(&json).ok()?;
        fields.check().ok().map(|()| fields)
    }

    #[test]
    fn degrees_are_kept_to_a_centimetre_and_come_back_the_same() {
        let site = site("-23.5505199", "-46.6333094").unwrap();

        assert_eq!((site.latitude_e7, site.longitude_e7), (Some(-235_505_199), Some(-466_333_094)));
        let json = serde_json::to_value(&site).unwrap();
        assert_eq!((&json["latitude"], &json["longitude"]), (&(-23.5505199).into(), &(-46.6333094).into()));
    }

    #[test]
    fn places_that_are_not_on_earth_are_refused() {
        for (latitude, longitude) in
            [("90.1", "0"), ("0", "180.1"), ("1", "null"), ("null", "1"), ("1e300", "0")]
        {
            assert!(site(latitude, longitude).is_none(), "{latitude} {longitude}");
        }
        assert!(site("null", "null").is_some());
    }
}
