//! Access tokens: JWT, EdDSA, fifteen minutes. Never accepts another algorithm, a foreign key or a loose claim.

use std::sync::RwLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use sync_core::ids::{ActorId, DeviceId, OrganizationId, UserId};
use sync_core::time::Timestamp;
use sync_core::workflow::Role;

use crate::accounts::Principal;
use crate::messages::Language;
use crate::refusal::Refusal;
use crate::store::installation::{self, SigningKeyRow};
use crate::store::{Store, StoreError};

pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;
const LEEWAY_SECONDS: i64 = 60;
const TOKEN_TYPE: &str = "campo-access+jwt";
const AUDIENCE: &str = "campo";
/// The newest key signs; the one before it verifies what is still valid.
const VERIFY_KEYS_MAX: i64 = 2;
/// A node that starts replaces a signing key older than this.
const KEY_LIFETIME_MS: i64 = 90 * 24 * 3_600_000;
const TOKEN_BYTES_MAX: usize = 2_048;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub org: OrganizationId,
    pub role: Role,
    pub lang: Language,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The session it belongs to.
    pub fam: HexId,
}

/// Sixteen bytes as hexadecimal digits; a session has no identifier type of its own.
type HexId = ActorId;

impl Claims {
    pub fn into_principal(self) -> Result<Principal, Refusal> {
        Ok(Principal {
            organization: self.org,
            user: self.sub,
            device: self.device,
            role: self.role,
            language: self.lang,
            session: *self.fam.as_bytes(),
        })
    }
}

/// The keys that sign and verify, the same on every node.
pub struct TokenKeys {
    issuer: String,
    keys: RwLock<Vec<TokenKey>>,
}

struct TokenKey {
    key_id: String,
    signing: EncodingKey,
    verifying: DecodingKey,
}

impl TokenKeys {
    /// Reads the keys, making one up when there is none or the newest is old.
    pub async fn open(store: &Store, server_id: &str, now: Timestamp) -> Result<Self, Refusal> {
        let keys = Self { issuer: format!("campo:{server_id}"), keys: RwLock::default() };
        let mut tx = store.begin_system_write().await?;
        let newest = installation::list_signing_keys(&mut tx, 1).await?;
        if newest.first().is_none_or(|key| now.millis_since(key.created_at) > KEY_LIFETIME_MS) {
            installation::insert_signing_key(&mut tx, &make_key(now)?).await?;
        }
        let rows = installation::list_signing_keys(&mut tx, VERIFY_KEYS_MAX).await?;
        tx.commit().await?;
        keys.replace(rows);
        Ok(keys)
    }

    /// Reads the keys again, so that this node knows what another node made up.
    pub async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let mut tx = store.begin_system_read().await?;
        let rows = installation::list_signing_keys(&mut tx, VERIFY_KEYS_MAX).await?;
        self.replace(rows);
        Ok(())
    }

    fn replace(&self, rows: Vec<SigningKeyRow>) {
        let keys = rows.into_iter().map(|row| TokenKey {
            key_id: row.key_id,
            signing: EncodingKey::from_ed_der(&row.private_key),
            verifying: DecodingKey::from_ed_der(&row.public_key),
        });
        *self.keys.write().expect("no holder of this lock panics") = keys.collect();
    }

    /// Signs a token for a principal.
    pub fn issue(&self, principal: &Principal, now: Timestamp) -> Result<String, Refusal> {
        let now_s = now.0 / 1_000;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: principal.user,
            exp: now_s + ACCESS_TOKEN_SECONDS,
            nbf: now_s,
            iat: now_s,
            org: principal.organization,
            role: principal.role,
            lang: principal.language,
            device: principal.device,
            fam: ActorId::from_bytes(principal.session),
        };
        let keys = self.keys.read().expect("no holder of this lock panics");
        let key = keys.first().ok_or_else(|| Refusal::internal("there is no signing key"))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(key.key_id.clone());
        encode(&header, &claims, &key.signing).map_err(|error| Refusal::internal(&error.to_string()))
    }

    /// Checks signature, header and every claim. All faults but the passing of time are one and the same refusal.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Refusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Refusal::TokenInvalid);
        }
        let header = decode_header(token).map_err(|_| Refusal::TokenInvalid)?;
        if header.typ.as_deref() != Some(TOKEN_TYPE) || header.alg != Algorithm::EdDSA || is_adorned(&header)
        {
            return Err(Refusal::TokenInvalid);
        }
        let keys = self.keys.read().expect("no holder of this lock panics");
        let key = keys.iter().find(|key| header.kid.as_deref() == Some(key.key_id.as_str()));
        let key = key.ok_or(Refusal::TokenInvalid)?;
        let token = decode::<Claims>(token, &key.verifying, &self.validation());
        let claims = token.map_err(|_| Refusal::TokenInvalid)?.claims;
        check_times(&claims, now.0 / 1_000)?;
        Ok(claims)
    }

    /// Times are checked by `check_times` against our own clock, which tests can hold.
    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&self.issuer]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }
}

/// Whether the header carries anything that we never write.
fn is_adorned(header: &Header) -> bool {
    header.jku.is_some()
        || header.jwk.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some()
        || header.x5t.is_some()
        || header.x5t_s256.is_some()
        || header.crit.is_some()
        || header.cty.is_some()
}

fn check_times(claims: &Claims, now_s: i64) -> Result<(), Refusal> {
    let lifetime_s = claims.exp.saturating_sub(claims.iat);
    let from_the_future = claims.nbf.max(claims.iat) > now_s + LEEWAY_SECONDS;
    if from_the_future || !(0..=ACCESS_TOKEN_SECONDS).contains(&lifetime_s) {
        return Err(Refusal::TokenInvalid);
    }
    if claims.exp <= now_s - LEEWAY_SECONDS {
        return Err(Refusal::TokenExpired);
    }
    Ok(())
}

fn make_key(now: Timestamp) -> Result<SigningKeyRow, Refusal> {
    let failed = |_| Refusal::internal("no signing key could be made");
    let private_key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
    let pair = Ed25519KeyPair::from_pkcs8(private_key.as_ref())
        .map_err(|_| Refusal::internal("the signing key cannot be read back"))?;
    Ok(SigningKeyRow {
        key_id: uuid::Uuid::new_v4().to_string(),
        private_key: private_key.as_ref().to_vec(),
        public_key: pair.public_key().as_ref().to_vec(),
        created_at: now,
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const NOW_S: i64 = NOW.0 / 1_000;

    fn keys() -> (TokenKeys, SigningKeyRow) {
        let row = make_key(NOW).unwrap();
        let keys = TokenKeys { issuer: "campo:here".to_owned(), keys: RwLock::default() };
        keys.replace(vec![make_copy(&row)]);
        (keys, row)
    }

    fn make_copy(row: &SigningKeyRow) -> SigningKeyRow {
        SigningKeyRow {
            key_id: row.key_id.clone(),
            private_key: row.private_key.clone(),
            public_key: row.public_key.clone(),
            created_at: row.created_at,
        }
    }

    fn principal() -> Principal {
        Principal {
            organization: OrganizationId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            device: Some(DeviceId::from_bytes([3; 16])),
            role: Role::Technician,
            language: Language::Romanian,
            session: [4; 16],
        }
    }

    fn good_header(row: &SigningKeyRow) -> Value {
        json!({ "typ": TOKEN_TYPE, "alg": "EdDSA", "kid": row.key_id })
    }

    fn good_claims() -> Value {
        json!({
            "iss": "campo:here", "aud": "campo", "sub": "02020202-0202-0202-0202-020202020202",
            "exp": NOW_S + ACCESS_TOKEN_SECONDS, "nbf": NOW_S, "iat": NOW_S,
            "org": "01010101-0101-0101-0101-010101010101", "role": "technician", "lang": "ro",
            "fam": "04040404040404040404040404040404",
        })
    }

    /// Signs whatever it is given, well or not.
    fn forge(row: &SigningKeyRow, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let pair = Ed25519KeyPair::from_pkcs8(&row.private_key).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes())))
    }

    fn with(base: &Value, name: &str, value: Value) -> Value {
        let mut changed = base.clone();
        changed[name] = value;
        changed
    }

    fn without(base: &Value, name: &str) -> Value {
        let mut changed = base.clone();
        changed.as_object_mut().unwrap().remove(name);
        changed
    }

    #[test]
    fn a_token_gives_back_who_it_was_issued_to() {
        let (keys, row) = keys();

        let token = keys.issue(&principal(), NOW).unwrap();

        assert_eq!(keys.verify(&token, NOW).unwrap().into_principal().unwrap(), principal());
        assert!(keys.verify(&forge(&row, &good_header(&row), &good_claims()), NOW).is_ok());
    }

    #[test]
    fn a_token_ends_after_fifteen_minutes_and_a_minute_of_leeway() {
        let (keys, _) = keys();
        let token = keys.issue(&principal(), NOW).unwrap();
        let after = |seconds: i64| keys.verify(&token, NOW.plus_millis(seconds * 1_000));

        assert!(after(15 * 60 + 59).is_ok());
        assert!(matches!(after(16 * 60), Err(Refusal::TokenExpired)));
        assert!(after(-60).is_ok());
        assert!(matches!(after(-62), Err(Refusal::TokenInvalid)));
    }

    // covers: F12
    #[test]
    fn every_forged_or_loose_token_is_one_and_the_same_refusal() {
        let (keys, row) = keys();
        let stranger = make_key(NOW).unwrap();
        let (header, claims) = (good_header(&row), good_claims());
        let mut tokens = vec![String::new(), ".".to_owned(), "a.b.c".to_owned(), "a.b.c.d".to_owned()];

        for name in ["exp", "nbf", "aud", "iss", "sub", "iat", "org", "role", "fam", "lang"] {
            tokens.push(forge(&row, &header, &without(&claims, name)));
        }
        for (name, value) in [
            ("exp", json!((NOW_S + 60).to_string())),
            ("exp", json!(i64::MAX)),
            ("exp", json!(NOW_S + ACCESS_TOKEN_SECONDS + 1)),
            ("exp", json!(-1)),
            ("exp", json!(1e300)),
            ("exp", Value::Null),
            ("nbf", json!(NOW_S + 120)),
            ("nbf", json!("0")),
            ("iat", json!(NOW_S + 120)),
            ("iat", json!(0)),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("iss", json!("campo:there")),
            ("iss", json!(["campo:here"])),
            ("sub", json!("me")),
            ("role", json!("root")),
            ("org", json!("*")),
            ("extra", json!(true)),
        ] {
            tokens.push(forge(&row, &header, &with(&claims, name, value)));
        }
        for (name, value) in [
            ("alg", json!("none")),
            ("alg", json!("HS256")),
            ("alg", json!("RS256")),
            ("alg", json!("ES256")),
            ("typ", json!("JWT")),
            ("kid", json!(stranger.key_id)),
            ("kid", json!("../../etc/passwd")),
            ("kid", json!("' OR 1=1 --")),
            ("kid", Value::Null),
            ("jku", json!("https://example.com/keys")),
            ("x5u", json!("https://example.com/cert")),
            ("crit", json!(["exp"])),
            (
                "jwk",
                json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&stranger.public_key) }),
            ),
        ] {
            tokens.push(forge(&row, &with(&header, name, value), &claims));
        }
        tokens.push(forge(&stranger, &header, &claims));
        tokens.push(forge(&row, &without(&header, "typ"), &claims));
        tokens.push(forge(&row, &header, &claims) + "A");
        tokens.push(hmac_with_the_public_key(&row, &header, &claims));
        tokens.push("x".repeat(TOKEN_BYTES_MAX + 1));

        assert!(tokens.len() >= 40);
        for token in tokens {
            let refused = keys.verify(&token, NOW);
            assert!(matches!(refused, Err(Refusal::TokenInvalid)), "{token}: {refused:?}");
        }
    }

    /// The old trick: the public key as the secret of a symmetric algorithm.
    fn hmac_with_the_public_key(row: &SigningKeyRow, header: &Value, claims: &Value) -> String {
        let header = with(header, "alg", json!("HS256"));
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &row.public_key);
        let tag = aws_lc_rs::hmac::sign(&key, text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    #[test]
    fn tokens_of_the_key_before_still_verify_while_the_newest_signs() {
        let (keys, old) = keys();
        let token = keys.issue(&principal(), NOW).unwrap();
        let new = make_key(NOW.plus_millis(1)).unwrap();

        keys.replace(vec![make_copy(&new), make_copy(&old)]);

        assert!(keys.verify(&token, NOW).is_ok());
        let header = decode_header(keys.issue(&principal(), NOW).unwrap()).unwrap();
        assert_eq!(header.kid, Some(new.key_id));
    }
}
