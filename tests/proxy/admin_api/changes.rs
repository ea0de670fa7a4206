//! What people do with it: routes forward and back, kills, waivers, overrides.

use harness::Client;
use http::Method;
use proxy::admin::Role;
use serde_json::{Value, json};
use test_support::eventually::eventually;

use super::{FLAGS, ROUTE, Stage, send};

#[tokio::test]
async fn a_route_goes_forward_only_with_evidence_and_only_from_where_it_was_seen() {
    let stage = Stage::start().await;
    let [release, admin] = [Role::Release, Role::Admin].map(|role| stage.as_role(role));
    let before = release.get("/api/flags").await;
    let seen = release.clone().with_header("if-match", before.header("etag").unwrap());
    let promote = json!({ "target": ROUTE, "reason": "first look" });
    let moved = seen.post("/api/promote", &promote).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(moved.json()["to"]["stage"], "shadow");
    let text = std::fs::read_to_string(stage.proxy.flag_file()).unwrap();
    for kept in ["# by hand", "stage: shadow", "# watched"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    // The version that it was about is gone.
    let stale = seen.post("/api/promote", &promote).await;
    assert_eq!(stale.status, 412, "{}", stale.text());
    // Nothing was compared, so the gate does not open.
    let held = release.post("/api/promote", &promote).await;
    assert_eq!(held.status, 409, "{}", held.text());
    assert_eq!(held.json()["evidence"]["verdict"], "inconclusive");
    let forced = json!({ "target": ROUTE, "reason": "I know", "force": true });
    assert_eq!(release.post("/api/promote", &forced).await.status, 403);
    let moved = admin.post("/api/promote", &forced).await;
    assert_eq!(moved.json()["to"]["share"], "1%", "{}", moved.text());
}

#[tokio::test]
async fn a_freeze_leaves_the_way_back_open_and_all_of_it_is_written_down() {
    let stage = Stage::start().await;
    let [release, admin] = [Role::Release, Role::Admin].map(|role| stage.as_role(role));
    let promote = json!({ "target": ROUTE, "reason": "first look" });
    assert_eq!(release.post("/api/promote", &promote).await.status, 200);
    let sale = json!({ "reason": "sale" });
    assert_eq!(admin.post("/api/freeze", &sale).await.status, 200);
    let frozen = admin.post("/api/promote", &promote).await;
    assert!(
        frozen.status == 423 && frozen.text().contains("sale"),
        "{}",
        frozen.text()
    );
    let back = json!({ "target": ROUTE, "reason": "not now" });
    let back = release.post("/api/rollback", &back).await;
    assert_eq!(back.json()["to"]["stage"], "legacy", "{}", back.text());
    assert_eq!(admin.post("/api/thaw", &sale).await.status, 200);
    let number = shadowed_version(&release).await;
    let restored = json!({ "version": number, "reason": "as it was" });
    let restored = release.post("/api/rollback", &restored).await;
    assert_eq!(restored.status, 200, "{}", restored.text());
    let text = std::fs::read_to_string(stage.proxy.flag_file()).unwrap();
    assert!(text.contains("# by hand") && text.contains("stage: shadow"), "{text}");

    let log = release.get("/api/audit").await.json();
    let row = |entry: &Value| format!("{} {}", entry["actor"], entry["action"]).replace('"', "");
    let rows: Vec<String> = log["entries"].as_array().unwrap().iter().rev().map(row).collect();
    let expected = [
        "a-release promote",
        "a-admin freeze",
        "a-release rollback",
        "a-admin thaw",
        "a-release restore",
    ];
    assert_eq!(rows, expected);
    let verified = release.get("/api/audit/verify").await.json();
    assert_eq!(
        (&verified["rows"], &verified["broken"]),
        (&json!(5), &Value::Null),
        "{verified}"
    );
}

/// The number of the flag file with the route in the shadow; whether one before it was kept hangs on who looked first.
async fn shadowed_version(client: &Client) -> i64 {
    let versions = client.get("/api/history").await.json();
    for version in versions["versions"].as_array().unwrap() {
        let number = version["version"].as_i64().unwrap();
        let whole = client.get(&format!("/api/history/{number}")).await.json();
        if whole["text"].as_str().unwrap().contains("stage: shadow") {
            return number;
        }
    }
    panic!("it was kept: {versions}");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_with_its_place() {
    let stage = Stage::start().await;
    let release = stage.as_role(Role::Release);
    for (status, path, body) in [
        (
            404,
            "/api/promote",
            json!({ "target": "GET /api/nowhere", "reason": "r" }),
        ),
        (404, "/api/rollback", json!({ "version": 99, "reason": "r" })),
        (422, "/api/promote", json!({ "target": ROUTE, "reason": " " })),
        (
            422,
            "/api/promote",
            json!({ "target": ROUTE, "reason": "r", "to": "nowhere" }),
        ),
        (
            422,
            "/api/promote",
            json!({ "target": ROUTE, "reason": "r", "share": "5%" }),
        ),
        (422, "/api/promote", json!({ "target": 5, "reason": "r" })),
        (422, "/api/promote", json!({ "goal": ROUTE, "reason": "r" })),
        (422, "/api/rollback", json!({ "reason": "r" })),
    ] {
        let answer = release.post(path, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.text());
    }
    let mistyped = release
        .post("/api/promote", &json!({ "target": 5, "reason": "r" }))
        .await;
    assert!(mistyped.text().contains("target"), "{}", mistyped.text());
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
    let no_route = json!(["/api/health"]);
    for (name, value) in [("for", json!("9999h")), ("serve", json!("both")), ("routes", no_route)] {
        let mut bad = wanted.clone();
        bad[name] = value;
        assert_eq!(qa.post("/api/overrides", &bad).await.status, 422, "{bad}");
    }
}
