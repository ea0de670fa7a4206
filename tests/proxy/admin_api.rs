//! The admin API: who may do what, what is refused, and a route that goes forward and back with everything written down.

mod changes;
mod tokens;

use std::time::Duration;

use harness::{Answer, Client, TestProxy};
use http::{Method, StatusCode};
use proxy::admin::{Role, document, mint};
use serde_json::json;
use tempfile::TempDir;
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
