//! Whose tickets a caller may see: legacy asks nobody, native does.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use handlers::kit::{ClientAddress, Compat};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{Office, PATH};

const NO_TENANT: &str = "tenantId is required or a valid session token must be provided";

#[tokio::test]
async fn without_a_token_and_a_tenant_it_is_the_400_of_legacy() {
    let office = Office::new().await;
    for client in [
        office.app.client(),
        office.bearer("nonsense"),
        office.bearer(&office.token(None, "admin")),
    ] {
        let answer = client.get(PATH).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::BAD_REQUEST, json!({ "error": NO_TENANT }))
        );
    }
}

#[tokio::test]
async fn naming_a_tenant_is_no_proof() {
    let office = Office::new().await;
    let path = format!("{PATH}?tenantId={}", office.acme);
    let unauthorized = |text: &str| json!({ "message": text, "error": "Unauthorized", "statusCode": 401 });
    let answer = office.app.client().get(&path).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::UNAUTHORIZED, unauthorized("No token provided"))
    );
    let answer = office.bearer("nonsense").get(&path).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::UNAUTHORIZED, unauthorized("Invalid token"))
    );
}

#[tokio::test]
async fn a_caller_has_one_tenant_and_only_a_super_admin_names_another() {
    let office = Office::new().await;
    let foreign = format!("{PATH}?tenantId={}", office.other);
    let answer = office.agent().get(&foreign).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::FORBIDDEN, json!({ "error": "Forbidden" }))
    );
    let admin = office
        .bearer(&office.token(Some(&office.acme), "admin"))
        .get(&foreign)
        .await;
    assert_eq!(admin.status, StatusCode::FORBIDDEN);
    let root = office
        .bearer(&office.token(Some("default"), "super_admin"))
        .get(&foreign)
        .await;
    assert_eq!((root.status, root.json()), (StatusCode::OK, json!({ "tickets": [] })));
    // A repeated key is joined with a comma, which names no tenant of the caller.
    let twice = office
        .agent()
        .get(&format!("{PATH}?tenantId={0}&tenantId={0}", office.acme))
        .await;
    assert_eq!(twice.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_that_has_run_out_is_none() {
    let office = Office::new().await;
    let agent = office.agent();
    assert_eq!(agent.get(PATH).await.status, StatusCode::OK);
    office.app.clock().advance(std::time::Duration::from_secs(3_600));
    assert_eq!(agent.get(PATH).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_switch_admits_only_pages_of_this_origin_and_existing_tenants() {
    let office = Office::new().await;
    let page = ("sec-fetch-site", "same-origin");
    let (status, body) = with_switch(&office, &office.acme, &[page]).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "tickets": [] })));
    assert_eq!(
        with_switch(&office, "nobody", &[page]).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        with_switch(&office, &office.acme, &[]).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        with_switch(&office, &office.acme, &[("sec-fetch-site", "cross-site")])
            .await
            .0,
        StatusCode::UNAUTHORIZED
    );
    // A token that is usable still decides.
    let token = format!("Bearer {}", office.token(Some(&office.acme), "user"));
    let (status, _) = with_switch(&office, &office.other, &[page, ("authorization", token.as_str())]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_switch_is_held_back_per_address() {
    let office = Office::new().await;
    let page = ("sec-fetch-site", "same-origin");
    let mut statuses = BTreeSet::new();
    for _ in 0..121 {
        statuses.insert(with_switch(&office, &office.acme, &[page]).await.0.as_u16());
    }
    assert_eq!(statuses, BTreeSet::from([200, 429]));
}

async fn with_switch(office: &Office, tenant: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
    let mut request = Request::get(format!("{PATH}?tenantId={tenant}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request
        .extensions_mut()
        .insert(Compat(Arc::new(BTreeSet::from(["crm-unauthenticated".to_owned()]))));
    request
        .extensions_mut()
        .insert(ClientAddress(IpAddr::from([192, 0, 2, 7])));
    let response = office.app.native().serve(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}
