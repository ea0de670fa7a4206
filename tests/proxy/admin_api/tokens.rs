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

#[tokio::test]
async fn people_of_a_single_sign_on_come_with_keys_that_change() {
    let keys = FakeLegacy::start().await;
    let [first, second] = ["first", "second"].map(|name| {
        (
            name,
            rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap(),
        )
    });
    keys.otherwise(LegacyAnswer::json(200, &json!({ "keys": [jwk(&first)] })));
    let more = format!(
        ", jwks: {{ keys: '{}/keys', issuer: 'https://sso.test', audience: ficus }}, role_claim: groups",
        keys.url()
    );
    let stage = Stage::start_with(&more).await;
    let told = |change: &dyn Fn(&mut Value)| {
        claims(|claims| {
            claims["iss"] = json!("https://sso.test");
            claims["aud"] = json!("ficus");
            claims["groups"] = json!(["staff", "viewer", "qa"]);
            change(claims);
        })
    };
    let same = told(&|_| {});
    let answer = stage.with_token(&by_sso(&same, &first)).get("/api/flags").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let roles = stage
        .with_token(&by_sso(&same, &first))
        .post("/api/kill", &json!({ "reason": "r" }))
        .await;
    assert!(
        roles.status == 403 && roles.text().contains("yours is `qa`"),
        "{}",
        roles.text()
    );
    for (name, value) in [("aud", "other"), ("iss", "https://evil.test")] {
        let other = told(&|claims| claims[name] = json!(value));
        assert_eq!(
            stage.with_token(&by_sso(&other, &first)).get("/api/flags").await.status,
            401,
            "{name}"
        );
    }
    // The public key as the secret of another algorithm is the classic forgery.
    let public = jwk(&first).to_string();
    assert_eq!(
        stage.with_token(&signed(&same, &public)).get("/api/flags").await.status,
        401
    );
    assert_eq!(
        stage.with_token(&by_sso(&same, &second)).get("/api/flags").await.status,
        401,
        "an unknown key"
    );
    let asked = keys.requests_to("/keys").len();
    assert_eq!(asked, 1, "an unknown key is not asked for again at once");
}

type Key = (&'static str, rcgen::KeyPair);

fn jwk((name, key): &Key) -> Value {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let point = key.public_key_raw();
    let coordinate = |from: usize| engine.encode(&point[from..from + 32]);
    json!({ "kty": "EC", "crv": "P-256", "kid": name, "alg": "ES256", "use": "sig", "x": coordinate(1), "y": coordinate(33) })
}

fn by_sso(claims: &Value, (name, key): &Key) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some((*name).to_owned());
    let signing = EncodingKey::from_ec_der(&key.serialize_der());
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
