//! Tokens: of our own secrets, of a single sign-on, and those that are refused.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proxy::admin::Role;
use serde_json::{Value, json};
use test_support::legacy::{Answer as LegacyAnswer, FakeLegacy};

use super::{SECRET, Stage};

#[tokio::test]
async fn tokens_that_anybody_could_have_made_are_refused_alike() {
    let stage = Stage::start().await;
    let good = signed(&claims(|_| {}), SECRET);
    assert_eq!(stage.with_token(&good).get("/api/flags").await.status, 200);
    let parts: Vec<&str> = good.split('.').collect();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let now = proxy::shadow::now_ms() / 1_000;
    let bad = [
        (
            "another secret",
            signed(&claims(|_| {}), "another-secret-another-secret-32"),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("algorithm none", unsigned),
        (
            "expired",
            signed(&claims(|claims| claims["exp"] = json!(now - 60)), SECRET),
        ),
        (
            "no end",
            signed(
                &claims(|claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
                SECRET,
            ),
        ),
        (
            "not yet",
            signed(&claims(|claims| claims["nbf"] = json!(now + 600)), SECRET),
        ),
        (
            "another audience",
            signed(&claims(|claims| claims["aud"] = json!("ficus-override")), SECRET),
        ),
        (
            "another issuer",
            signed(&claims(|claims| claims["iss"] = json!("eve")), SECRET),
        ),
        (
            "an unknown role",
            signed(&claims(|claims| claims["role"] = json!("root")), SECRET),
        ),
        ("no name", signed(&claims(|claims| claims["sub"] = json!("")), SECRET)),
        ("nonsense", "nonsense".to_owned()),
        ("far too long", "x".repeat(20_000)),
    ];
    let mut texts = BTreeMap::new();
    for (what, token) in &bad {
        let answer = stage.with_token(token).get("/api/flags").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        assert!(
            answer
                .header("www-authenticate")
                .is_some_and(|value| value.starts_with("Bearer")),
            "{what}"
        );
        texts.insert(answer.text().to_owned(), *what);
    }
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[tokio::test]
async fn secrets_change_without_a_restart() {
    let stage = Stage::start().await;
    let good = signed(&claims(|_| {}), SECRET);
    // A secret that is put before the old one signs from now on, and both are believed; then the old one goes.
    let file = stage.home.path().join("secret");
    let new = "fedcba9876543210fedcba9876543210";
    std::fs::write(&file, format!("{new}\n{SECRET}\n")).unwrap();
    assert_eq!(stage.with_token(&good).get("/api/flags").await.status, 200);
    assert_eq!(stage.as_role(Role::Viewer).get("/api/flags").await.status, 200);
    std::fs::write(&file, format!("{new}\n")).unwrap();
    assert_eq!(stage.with_token(&good).get("/api/flags").await.status, 401);
}

#[tokio::test]
async fn an_address_that_guesses_has_to_wait() {
    let stage = Stage::start().await;
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(stage.with_token("guess").get("/api/flags").await.status.as_u16());
    }
    assert_eq!(
        (statuses[0], statuses[19], statuses[20]),
        (401, 401, 429),
        "{statuses:?}"
    );
    // Even the right token waits: the answer must not say that it would be right.
    let answer = stage.as_role(Role::Admin).get("/api/flags").await;
    assert_eq!(answer.status, 429);
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    let metrics = stage.proxy.metrics().await;
    assert!(metrics.contains("ficus_admin_locked_out_total 11"), "{metrics}");
}

/// A place of keys, and a stage whose people come from there.
async fn single_sign_on(keys: &[&Key]) -> (FakeLegacy, Stage) {
    let place = FakeLegacy::start().await;
    let keys: Vec<Value> = keys.iter().map(|key| jwk(key)).collect();
    place.otherwise(LegacyAnswer::json(200, &json!({ "keys": keys })));
    let url = place.url();
    let more =
        format!(", jwks: {{ keys: '{url}/keys', issuer: 'https://sso.test', audience: ficus }}, role_claim: groups");
    let stage = Stage::start_with(&more).await;
    (place, stage)
}

fn of_the_staff(change: impl FnOnce(&mut Value)) -> Value {
    claims(|claims| {
        claims["iss"] = json!("https://sso.test");
        claims["aud"] = json!("ficus");
        claims["groups"] = json!(["staff", "viewer", "qa"]);
        change(claims);
    })
}

#[tokio::test]
async fn people_of_a_single_sign_on_have_the_highest_of_their_roles() {
    let keys = [elliptic("first"), rsa("second")];
    let (place, stage) = single_sign_on(&[&keys[0], &keys[1]]).await;
    let same = of_the_staff(|_| {});
    for key in &keys {
        let caller = stage.with_token(&by_sso(&same, key));
        let answer = caller.get("/api/flags").await;
        assert_eq!(answer.status, 200, "{}: {}", key.0, answer.text());
        let refused = caller.post("/api/kill", &json!({ "reason": "r" })).await;
        assert!(
            refused.status == 403 && refused.text().contains("yours is `qa`"),
            "{}",
            refused.text()
        );
    }
    assert_eq!(place.requests_to("/keys").len(), 1, "keys are kept");
}

#[tokio::test]
async fn tokens_that_the_single_sign_on_has_not_made_for_us_are_refused() {
    let [first, unknown] = ["first", "unknown"].map(elliptic);
    let (place, stage) = single_sign_on(&[&first]).await;
    let same = of_the_staff(|_| {});
    let refused = [
        (
            "another audience",
            by_sso(&of_the_staff(|claims| claims["aud"] = json!("other")), &first),
        ),
        (
            "another issuer",
            by_sso(
                &of_the_staff(|claims| claims["iss"] = json!("https://evil.test")),
                &first,
            ),
        ),
        // The public key as the secret of another algorithm is the classic forgery.
        ("the public key as a secret", signed(&same, &jwk(&first).to_string())),
        ("an unknown key", by_sso(&same, &unknown)),
        ("our secret under their name", signed(&same, SECRET)),
    ];
    for (what, token) in &refused {
        assert_eq!(stage.with_token(token).get("/api/flags").await.status, 401, "{what}");
    }
    assert_eq!(
        place.requests_to("/keys").len(),
        1,
        "an unknown key is not asked for again at once"
    );
}

type Key = (&'static str, rcgen::KeyPair);

fn elliptic(name: &'static str) -> Key {
    (
        name,
        rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap(),
    )
}

fn rsa(name: &'static str) -> Key {
    let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048);
    (name, pair.unwrap())
}

fn is_rsa(key: &rcgen::KeyPair) -> bool {
    key.algorithm() == &rcgen::PKCS_RSA_SHA256
}

fn jwk((name, key): &Key) -> Value {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let raw = key.public_key_raw();
    if is_rsa(key) {
        // A sequence of two integers (RFC 8017, appendix A.1.1): 256 bytes behind a zero, and the exponent 65537.
        let modulus = &raw[9..9 + 256];
        return json!({ "kty": "RSA", "kid": name, "alg": "RS256", "n": engine.encode(modulus), "e": "AQAB" });
    }
    let coordinate = |from: usize| engine.encode(&raw[from..from + 32]);
    json!({ "kty": "EC", "crv": "P-256", "kid": name, "alg": "ES256", "use": "sig", "x": coordinate(1), "y": coordinate(33) })
}

fn by_sso(claims: &Value, (name, key): &Key) -> String {
    let der = key.serialize_der();
    let (algorithm, signing) = if is_rsa(key) {
        // The key itself begins behind the 26 bytes that say what it is (RFC 5208, section 5).
        (Algorithm::RS256, EncodingKey::from_rsa_der(&der[26..]))
    } else {
        (Algorithm::ES256, EncodingKey::from_ec_der(&der))
    };
    let mut header = Header::new(algorithm);
    header.kid = Some((*name).to_owned());
    jsonwebtoken::encode(&header, claims, &signing).unwrap()
}

fn claims(change: impl FnOnce(&mut Value)) -> Value {
    let now = proxy::shadow::now_ms() / 1_000;
    let mut claims = json!({
        "iss": "ficus", "aud": "ficus-admin", "sub": "eve", "role": "admin", "iat": now, "exp": now + 600,
    });
    change(&mut claims);
    claims
}

fn signed(claims: &Value, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}
