//! A stream commits as it goes: it is played live, on a clone of the database, and the entries after it see nothing of it.

use axum::body::{Body, Bytes};
use futures_util::stream;
use handlers::kit::calls::CallRequest;
use handlers::kit::effects::Realtime;
use handlers::kit::{Area, Inbound, Outcome as Answered, Reply, Routes, Stream, UnitOfWork as _};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use proxy::provision::Progress;
use proxy::replay::{Outcome, Replay, render_text, replay_with};
use serde_json::{Value, json};

use super::recording::{plan, write};

fn routes() -> Vec<Routes> {
    vec![Routes::new(Area::Chatbot).stream(Method::POST, "/api/tests/stream", talk)]
}

/// Asks the model, commits a row and an effect, and streams what the model said.
async fn talk(surroundings: Stream, _: Inbound) -> Answered {
    let mut work = surroundings.write();
    let call = CallRequest {
        service: "openrouter",
        operation: "chat",
        payload: json!({}),
        repeatable: true,
    };
    let said = match work.calls().attempt(&call).await? {
        Ok(answer) if answer.status == 200 => answer.body["said"].as_str().unwrap_or_default().to_owned(),
        Ok(answer) => format!("error {}", answer.status),
        Err(_) => "nobody is there".to_owned(),
    };
    sqlx::query("insert into system_config (id, key, value, created_at, updated_at) values ('s', 's', '1', $1, $1)")
        .bind(time::PrimitiveDateTime::new(work.now().date(), work.now().time()))
        .execute(work.db().await?)
        .await?;
    work.announce(Realtime {
        channels: vec!["c".to_owned()],
        event: "said".to_owned(),
        data: json!({}),
    });
    surroundings.commit(work).await?;
    let chunks = ["data: {\"said\":\"".to_owned(), said, "\"}\n\n".to_owned()]
        .map(|part| Ok::<_, std::io::Error>(Bytes::from(part)));
    Ok(Reply::streamed(StatusCode::OK, Body::from_stream(stream::iter(chunks)))
        .header(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))
        .header(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
}

/// One entry: the model behaves so, and legacy streamed this.
fn entry(id: &str, before: &Value, outbound: &Value, said: &str) -> Value {
    let at = "2026-03-01T10:00:00.000Z";
    json!({
        "_id": id, "_area": "chat", "_pre": before, "_outbound": outbound, "_queue": [],
        "_pusher": [{ "channels": ["c"], "name": "said", "data": {} }],
        "_db": [{ "table": "system_config", "op": "insert", "pk": "s", "new": {
            "id": "s", "key": "s", "value": 1, "created_at": "2026-03-01T10:00:00", "updated_at": "2026-03-01T10:00:00" } }],
        "startedDateTime": at, "time": 3,
        "request": { "method": "POST", "url": "http://app.example/api/tests/stream", "headers": [], "postData": { "text": "{}" } },
        "response": { "status": 200, "headers": [
            { "name": "content-type", "value": "text/event-stream" }, { "name": "cache-control", "value": "no-cache" },
            { "name": "vary", "value": "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch" }],
            "content": { "text": format!("data: {{\"said\":\"{said}\"}}\n\n") } }
    })
}

async fn play(entries: Vec<Value>) -> Replay {
    let place = tempfile::TempDir::new().expect("a directory");
    // Legacy's row goes again after each entry, so that every stream can write it.
    let gone =
        json!({ "_id": "gone", "_state_only": true, "_db": [{ "table": "system_config", "op": "delete", "pk": "s" }] });
    let entries: Vec<Value> = entries.into_iter().flat_map(|entry| [entry, gone.clone()]).collect();
    let recording = json!({ "log": { "version": "1.2", "entries": entries } });
    let file = write(&place, "stream.har", &recording.to_string());
    replay_with(&plan(&place, file), &Progress::silent(), routes)
        .await
        .expect("a replay")
}

#[tokio::test]
async fn a_stream_is_played_live_on_a_clone_and_leaves_nothing_behind() {
    let call = json!([{ "service": "openrouter", "body": {}, "response": {
        "status": 200, "contentType": "application/json", "body": "{\"said\":\"hello\"}" } }]);
    let asked = json!([{ "service": "openrouter", "body": {}, "response": {} }]);
    let replay = play(vec![
        entry("recorded", &json!([]), &call, "hello"),
        // The same row again: the first stream has left none.
        entry("again", &json!([]), &call, "hello"),
        entry(
            "stubbed",
            &json!([{ "stub": "openrouter", "mode": "http503" }]),
            &json!([]),
            "error 503",
        ),
        entry("down", &json!([]), &asked, "nobody is there"),
        entry("different", &json!([]), &call, "good evening"),
    ])
    .await;
    let shown = render_text(&replay);
    let outcome = |id: &str| &replay.played.iter().find(|one| one.id == id).expect("played").outcome;
    for id in ["recorded", "again", "down"] {
        assert!(matches!(outcome(id), Outcome::Matched), "{id}: {shown}");
    }
    // The answer is as the stub says; that the recording lacks the call is a difference of effects only.
    let Outcome::Mismatched(differences, _) = outcome("stubbed") else {
        panic!("{shown}")
    };
    assert!(
        differences.iter().all(|one| one.kind == proxy::compare::Kind::Effects),
        "{shown}"
    );
    let Outcome::Mismatched(differences, _) = outcome("different") else {
        panic!("{shown}")
    };
    assert_eq!(
        differences.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(),
        ["$[*].data.said"],
        "{shown}"
    );
    assert!(replay.played.iter().all(|one| one.live) && shown.contains("live on a clone"));
}
