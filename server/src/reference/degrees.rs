//! Coordinates as degrees outside and as integers of 1e-7 degrees inside. Never a float in a row.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const E7: f64 = 1e7;
const FULL_CIRCLE: f64 = 360.0;

pub fn serialize<S: Serializer>(value_e7: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    value_e7.map(|value_e7| value_e7 as f64 / E7).serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(degrees) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
    if !degrees.is_finite() || degrees.abs() > FULL_CIRCLE {
        return Err(de::Error::custom("not degrees"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 3.6e9 in absolute value")]
    Ok(Some((degrees * E7).round() as i64))
}
