//! The admin API: who may do what, what is refused, and a route that goes forward and back with everything written down.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::{Answer, Client, TestProxy};
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proxy::admin::{Role, document, mint};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::eventually::eventually;
use test_support::legacy::{Answer as LegacyAnswer, FakeLegacy};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "overrides-key-0123456789abcdef-0123456789";
const FLAGS: &str = "# by hand\nversion: 1\nroutes:\n  - { route: GET /api/health, stage: legacy } # watched\n";
const ROUTE: &str = "GET /api/health";

struct Stage {
    home: TempDir,
    proxy: TestProxy,
    _legacy: FakeLegacy,
}

impl Stage {
    async fn start() -> Self {
        Self::start_with("").await
    }

    async fn start_with(more: &str) -> Self {
        let home = TempDir::new().unwrap();
        std::fs::write(home.path().join("secret"), format!("{SECRET}\n")).unwrap();
        let legacy = FakeLegacy::start().await;
        legacy.otherwise(LegacyAnswer::text(200, "legacy"));
        let auth = format!("secret_file: {}{more}", home.path().join("secret").display());
        let config = format!(
            "admin: {{ listen: 127.0.0.1:0, hosts: [ficus.test], auth: {{ {auth} }} }}\noverrides: {{ key: {KEY} }}\n"
        );
        let proxy = TestProxy::builder()
            .legacy(&legacy)
            .flags(FLAGS)
            .config(&config)
            .spawn()
            .await;
        Self {
            home,
            proxy,
            _legacy: legacy,
        }
    }

    fn token(&self, role: Role) -> String {
        let now = proxy::shadow::now_ms() / 1_000;
        mint(
            &self.home.path().join("secret"),
            &format!("a-{role}"),
            role,
            now,
            Duration::from_secs(600),
        )
        .unwrap()
    }

    fn anybody(&self) -> Client {
        Client::of_origin(self.proxy.admin())
    }

    fn with_token(&self, token: &str) -> Client {
        self.anybody().with_header("authorization", &format!("Bearer {token}"))
    }

    fn as_role(&self, role: Role) -> Client {
        self.with_token(&self.token(role))
    }
}

/// An operation of the document: method, path with its parameters filled in, and the least role.
fn operations() -> Vec<(Method, String, Role)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().clone();
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let path = path.replace("{version}", "1").replace("{id}", "none");
            let role = Role::from_word(operation["x-role"].as_str().unwrap()).unwrap();
            operations.push((method.to_uppercase().parse().unwrap(), path, role));
        }
    }
    operations
}

async fn send(client: &Client, method: Method, path: &str) -> Answer {
    let client = client.clone().with_header("content-type", "application/json");
    client.send(method, path, "{}").await
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

#[tokio::test]
async fn each_role_may_do_what_is_its_own_and_nothing_else() {
    let stage = Stage::start().await;
    let operations = operations();
    assert!(operations.len() >= 15, "{operations:?}");
    for (method, path, least) in &operations {
        assert_eq!(
            send(&stage.anybody(), method.clone(), path).await.status,
            401,
            "{method} {path}"
        );
        for role in Role::ALL {
            let answer = send(&stage.as_role(role), method.clone(), path).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(
                refused,
                role < *least,
                "{role} {method} {path}: {} {}",
                answer.status,
                answer.text()
            );
            // It exists, and nothing in it breaks.
            assert!(
                answer.status != 405 && !answer.status.is_server_error(),
                "{method} {path}: {}",
                answer.text()
            );
            if !answer.status.is_success() {
                let problem = answer.json();
                assert!(
                    problem["error"].is_string() && problem["remedy"].is_string(),
                    "{problem}"
                );
            }
        }
    }
    let metrics = stage.proxy.metrics().await;
    assert!(
        metrics.contains("ficus_admin_tokens_refused_total{reason=\"missing\"}"),
        "{metrics}"
    );
}

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
async fn pages_of_other_sites_change_nothing_and_see_nothing() {
    let stage = Stage::start().await;
    let release = stage.as_role(Role::Release);
    let body = json!({ "reason": "fire" });
    let host = stage.proxy.admin().trim_start_matches("http://").to_owned();
    let strange = [
        ("origin", "https://evil.test".to_owned()),
        ("origin", "null".to_owned()),
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "same-site".to_owned()),
    ];
    for (name, value) in &strange {
        let answer = release.clone().with_header(name, value).post("/api/kill", &body).await;
        assert_eq!(answer.status, 403, "{name}: {value}");
    }
    let form = release.clone().with_header("content-type", "text/plain");
    assert_eq!(form.send(Method::POST, "/api/kill", body.to_string()).await.status, 415);
    assert!(!stage.proxy.flag_file().with_extension("yaml.kill").exists());
    let own = release.with_header("origin", &format!("http://{host}"));
    assert_eq!(own.post("/api/kill", &body).await.status, 200);

    // A name that leads here by its own DNS gets nothing, whatever is asked; probes are for machines.
    for (path, name, status) in [
        ("/", "evil.test", 421),
        ("/api/flags", "evil.test", 421),
        ("/report", "evil.test:80", 421),
        ("/", "ficus.test:9090", 200),
        ("/", "localhost", 200),
        ("/", "[::1]:9090", 200),
        ("/health", "evil.test", 200),
        ("/metrics", "evil.test", 200),
    ] {
        let answer = stage.anybody().with_header("host", name).get(path).await;
        assert_eq!(answer.status, status, "{name} {path}");
    }
}

#[tokio::test]
async fn a_route_goes_forward_with_evidence_and_back_and_all_of_it_is_written_down() {
    let stage = Stage::start().await;
    let [release, admin] = [Role::Release, Role::Admin].map(|role| stage.as_role(role));
    let before = release.get("/api/flags").await;
    let tag = before.header("etag").unwrap().to_owned();
    let promote = json!({ "target": ROUTE, "reason": "first look" });
    let moved = release
        .clone()
        .with_header("if-match", &tag)
        .post("/api/promote", &promote)
        .await;
    assert_eq!(
        (moved.status.as_u16(), moved.json()["to"]["stage"].as_str()),
        (200, Some("shadow")),
        "{}",
        moved.text()
    );
    let text = std::fs::read_to_string(stage.proxy.flag_file()).unwrap();
    assert!(
        text.contains("# by hand") && text.contains("stage: shadow") && text.contains("# watched"),
        "{text}"
    );

    // The version that it was about is gone.
    let stale = release
        .clone()
        .with_header("if-match", &tag)
        .post("/api/promote", &promote)
        .await;
    assert_eq!(stale.status, 412, "{}", stale.text());
    // Nothing was compared, so the gate does not open.
    let held = release.post("/api/promote", &promote).await;
    assert_eq!(
        (held.status.as_u16(), held.json()["evidence"]["verdict"].as_str()),
        (409, Some("inconclusive")),
        "{}",
        held.text()
    );
    let forced = json!({ "target": ROUTE, "reason": "I know", "force": true });
    assert_eq!(release.post("/api/promote", &forced).await.status, 403);
    let moved = admin.post("/api/promote", &forced).await;
    assert_eq!(moved.json()["to"]["share"], "1%", "{}", moved.text());

    // A freeze stops changes, not the way back.
    assert_eq!(
        admin.post("/api/freeze", &json!({ "reason": "sale" })).await.status,
        200
    );
    let frozen = admin.post("/api/promote", &forced).await;
    assert_eq!(
        (
            frozen.status.as_u16(),
            frozen.json()["error"].as_str().unwrap().contains("sale")
        ),
        (423, true)
    );
    let back = release
        .post("/api/rollback", &json!({ "target": ROUTE, "reason": "not now" }))
        .await;
    assert_eq!(back.json()["to"]["stage"], "shadow", "{}", back.text());
    assert_eq!(admin.post("/api/thaw", &json!({ "reason": "over" })).await.status, 200);
    let restored = release
        .post("/api/rollback", &json!({ "version": 1, "reason": "as it was" }))
        .await;
    assert_eq!(restored.status, 200, "{}", restored.text());

    let entries = release.get("/api/audit").await.json();
    let told: Vec<(String, String)> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| {
            (
                entry["actor"].as_str().unwrap().to_owned(),
                entry["action"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(who, what)| (who.as_str(), what.as_str())).collect();
    assert_eq!(
        told,
        [
            ("a-release", "promote"),
            ("a-admin", "promote"),
            ("a-admin", "freeze"),
            ("a-release", "rollback"),
            ("a-admin", "thaw"),
            ("a-release", "restore"),
        ]
    );
    let verified = release.get("/api/audit/verify").await.json();
    assert_eq!(
        (&verified["rows"], &verified["broken"]),
        (&json!(6), &Value::Null),
        "{verified}"
    );
    let versions = release.get("/api/history").await.json();
    assert!(versions["versions"].as_array().unwrap().len() >= 4, "{versions}");
    let first = release.get("/api/history/1").await.json();
    assert!(first["text"].as_str().unwrap().contains("# by hand"), "{first}");
    for (path, body) in [
        ("/api/promote", json!({ "target": "GET /api/nowhere", "reason": "r" })),
        ("/api/rollback", json!({ "version": 99, "reason": "r" })),
    ] {
        assert_eq!(release.post(path, &body).await.status, 404, "{path}");
    }
    for (path, body) in [
        ("/api/promote", json!({ "target": ROUTE, "reason": " " })),
        (
            "/api/promote",
            json!({ "target": ROUTE, "reason": "r", "to": "nowhere" }),
        ),
        ("/api/promote", json!({ "target": ROUTE, "reason": "r", "share": "5%" })),
        ("/api/promote", json!({ "target": 5, "reason": "r" })),
        ("/api/promote", json!({ "goal": ROUTE, "reason": "r" })),
        ("/api/rollback", json!({ "reason": "r" })),
    ] {
        assert_eq!(release.post(path, &body).await.status, 422, "{path} {body}");
    }
}

#[tokio::test]
async fn a_step_that_needs_a_second_person_waits_for_one() {
    let stage = Stage::start().await;
    std::fs::write(
        stage.proxy.flag_file(),
        FLAGS.replace("stage: legacy", "stage: legacy, approval: required"),
    )
    .unwrap();
    let [release, admin] = [Role::Release, Role::Admin].map(|role| stage.as_role(role));
    let reason = json!({ "reason": "seen" });
    let asked = release
        .post("/api/promote", &json!({ "target": ROUTE, "reason": "look" }))
        .await;
    assert_eq!(asked.status, 202, "{}", asked.text());
    let path = |verdict: &str| format!("/api/approvals/{}/{verdict}", asked.json()["waiting"]["id"]);
    assert_eq!(release.post(&path("approve"), &reason).await.status, 403);
    let approved = admin.post(&path("approve"), &reason).await;
    assert_eq!(
        (approved.status.as_u16(), approved.json()["to"]["stage"].as_str()),
        (200, Some("shadow")),
        "{}",
        approved.text()
    );
    assert_eq!(admin.post(&path("decline"), &reason).await.status, 409);
    assert_eq!(admin.post("/api/approvals/99/approve", &reason).await.status, 404);
    let listed = release.get("/api/approvals").await.json();
    assert_eq!(listed["requests"].as_array().map(Vec::len), Some(1), "{listed}");
}

#[tokio::test]
async fn a_kill_holds_at_once_and_is_kept_and_is_taken_back() {
    let stage = Stage::start().await;
    let release = stage.as_role(Role::Release);
    std::fs::write(stage.proxy.flag_file(), "version: 1\nroutes: [\n").unwrap();
    let killed = release
        .post(
            "/api/kill",
            &json!({ "targets": [ROUTE, "GET /api/typo"], "reason": "wrong" }),
        )
        .await;
    let body = killed.json();
    assert_eq!(
        (killed.status.as_u16(), &body["kept"], &body["unknown"]),
        (200, &json!(true), &json!(["GET /api/typo"])),
        "{body}"
    );
    let shown = release.get("/api/flags").await.json();
    assert_eq!(shown["routes"][0]["killed"], true, "{shown}");
    let revived = release.post("/api/revive", &json!({ "reason": "mended" })).await;
    assert_eq!(revived.status, 200);
    eventually("the kill is over", || async {
        let shown = release.get("/api/flags").await.json();
        (shown["routes"][0]["killed"] == false).then_some(())
    })
    .await;
    let everything = release.post("/api/kill", &json!({ "reason": "fire" })).await.json();
    assert_eq!(everything["killed"]["everything"], true, "{everything}");
    let actions: Vec<Value> = release.get("/api/audit").await.json()["entries"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(actions.len(), 3, "{actions:?}");
}

#[tokio::test]
async fn testers_waive_differences_and_make_overrides() {
    let stage = Stage::start().await;
    let qa = stage.as_role(Role::Qa);
    let waiver = json!({ "route": ROUTE, "path": "$.at", "reason": "a clock", "expires": "2099-12-31" });
    let made = qa.post("/api/waivers", &waiver).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let listed = qa.get("/api/waivers").await.json();
    assert_eq!(
        (&listed["waivers"][0]["owner"], &listed["waivers"][0]["kind"]),
        (&json!("a-qa"), &json!("*")),
        "{listed}"
    );
    assert_eq!(
        send(&qa, Method::DELETE, &format!("/api/waivers/{id}")).await.status,
        200
    );
    assert_eq!(
        send(&qa, Method::DELETE, &format!("/api/waivers/{id}")).await.status,
        404
    );
    for (name, value) in [
        ("expires", "2020-01-01"),
        ("expires", "soon"),
        ("kind", "nonsense"),
        ("route", " "),
    ] {
        let mut bad = waiver.clone();
        bad[name] = json!(value);
        let answer = qa.post("/api/waivers", &bad).await;
        assert!(
            answer.status == 422 && answer.text().contains(name),
            "{bad}: {}",
            answer.text()
        );
    }
    let wanted = json!({ "routes": [ROUTE], "serve": "legacy", "for": "2h" });
    let made = qa.post("/api/overrides", &wanted).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let release = stage.as_role(Role::Release);
    release
        .post("/api/promote", &json!({ "target": ROUTE, "reason": "look" }))
        .await;
    let tester = stage
        .proxy
        .client()
        .with_header("x-ficus-override", made.json()["token"].as_str().unwrap());
    eventually("the override holds", || async {
        let answer = tester.get("/api/health").await;
        (answer.header("x-ficus-reason") == Some("override")).then_some(())
    })
    .await;
    for (name, value) in [("for", json!("9999h")), ("serve", json!("both")), ("routes", json!([]))] {
        let mut bad = wanted.clone();
        bad[name] = value;
        assert_eq!(qa.post("/api/overrides", &bad).await.status, 422, "{bad}");
    }
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

#[tokio::test]
async fn without_anybody_to_believe_the_api_is_off() {
    let legacy = FakeLegacy::start().await;
    let proxy = TestProxy::builder().legacy(&legacy).flags(FLAGS).spawn().await;
    let answer = Client::of_origin(proxy.admin()).get("/api/flags").await;
    assert!(
        answer.status == 403 && answer.text().contains("admin.auth"),
        "{}",
        answer.text()
    );
    assert_eq!(
        Client::of_origin(proxy.admin()).get("/api/openapi.json").await.json(),
        document()
    );
}
