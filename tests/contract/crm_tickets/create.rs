//! Creating a ticket: the answer, the row, and what is refused.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Office, PATH};

impl Office {
    fn new_ticket(&self) -> Value {
        json!({ "tenantId": self.acme, "type": "help_desk", "title": "Nuevo caso", "createdById": self.ada })
    }

    async fn contact(&self, tenant: &str, id: &str, name: &str, metadata: Value) {
        sqlx::query(
            r#"insert into chatbot_contacts (id, "tenantId", "displayName", phone, metadata, "createdAt", "updatedAt")
               values ($1, $2, $3, '+51911111101', $4, '2025-06-15', '2025-06-15')"#,
        )
        .bind(id)
        .bind(tenant)
        .bind(name)
        .bind(metadata)
        .execute(self.app.pool())
        .await
        .unwrap();
    }

    async fn tickets(&self) -> i64 {
        sqlx::query_scalar("select count(*) from tickets")
            .fetch_one(self.app.pool())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn the_customer_is_copied_from_the_contact() {
    let office = Office::new().await;
    office
        .contact(&office.acme, "c1", "Carla", json!({ "email": "carla@example.org" }))
        .await;
    let mut body = office.new_ticket();
    body["customerId"] = json!("c1");
    body["description"] = json!("Detalle");
    body["priority"] = json!("high");
    body["assignedToId"] = json!(office.ada);
    body["status"] = json!("closed");
    body["customerName"] = json!("ignored");
    let answer = office.agent().post(PATH, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let ticket = answer.json()["ticket"].clone();
    let person = json!({ "id": office.ada, "email": format!("{}@example.org", office.ada), "name": "ada" });
    assert_eq!(
        ticket,
        json!({
            "id": ticket["id"], "tenantId": office.acme, "type": "help_desk", "title": "Nuevo caso",
            "description": "Detalle", "status": "open", "priority": "high", "customerId": "c1", "customerName": "Carla",
            "customerEmail": "carla@example.org", "customerPhone": "+51911111101", "createdById": office.ada,
            "assignedToId": office.ada, "createdAt": "2025-06-15T10:00:00.000Z", "updatedAt": "2025-06-15T10:00:00.000Z",
            "createdBy": person, "assignedTo": person,
            "customer": { "id": "c1", "name": "Carla", "email": "carla@example.org", "phone": "+51911111101" },
            "comments": [], "attachments": []
        })
    );
    let row: Value = sqlx::query_scalar("select to_jsonb(t) from tickets t")
        .fetch_one(office.app.pool())
        .await
        .unwrap();
    assert_eq!(
        (&row["id"], &row["sentiment"], &row["tags"]),
        (&ticket["id"], &json!("neutral"), &Value::Null)
    );
    assert_eq!(row["createdAt"], "2025-06-15T10:00:00");
    assert_eq!(uuid_version(ticket["id"].as_str().unwrap()), Some('4'));
    assert!(office.app.effects().await.is_empty(), "a ticket tells nobody");
}

fn uuid_version(id: &str) -> Option<char> {
    id.split('-').nth(2)?.chars().next()
}

#[tokio::test]
async fn defaults_and_an_unknown_customer() {
    let office = Office::new().await;
    let mut body = office.new_ticket();
    body["customerId"] = json!("no-existe");
    let ticket = office.agent().post(PATH, &body).await.json()["ticket"].clone();
    assert_eq!(
        (&ticket["description"], &ticket["priority"]),
        (&json!(""), &json!("medium"))
    );
    assert_eq!(
        ticket["customer"],
        json!({ "id": "no-existe", "name": "Unknown Customer", "email": null, "phone": null })
    );
    let ticket = office.agent().post(PATH, &office.new_ticket()).await.json()["ticket"].clone();
    assert_eq!((&ticket["customerId"], &ticket["customer"]), (&json!(""), &Value::Null));
    assert_eq!(
        (&ticket["assignedTo"], &ticket["assignedToId"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn the_tenant_of_the_token_is_enough() {
    let office = Office::new().await;
    let mut body = office.new_ticket();
    body.as_object_mut().unwrap().remove("tenantId");
    let ticket = office.agent().post(PATH, &body).await.json()["ticket"].clone();
    assert_eq!(ticket["tenantId"], json!(office.acme));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_and_nothing_is_written() {
    let office = Office::new().await;
    let stranger = office.app.agent(&office.other).insert().await;
    for (field, value, expected) in [
        ("type", Value::Null, "type is required"),
        ("type", json!("roto"), "Invalid type"),
        ("title", Value::Null, "title is required"),
        ("title", json!(5), "title is required"),
        ("createdById", Value::Null, "createdById is required"),
        ("createdById", json!("nobody"), "Invalid createdById"),
        ("createdById", json!(stranger), "Invalid createdById"),
        ("createdById", json!("a\u{0}b"), "Invalid createdById"),
        ("assignedToId", json!("nobody"), "Invalid assignedToId"),
        ("assignedToId", json!(stranger), "Invalid assignedToId"),
        ("priority", json!("ya"), "Invalid priority"),
        ("priority", json!(5), "Invalid priority"),
        ("description", json!({}), "Invalid description"),
        ("customerId", json!(["c"]), "Invalid customerId"),
        ("tenantId", json!(5), "Invalid tenantId"),
        ("title", json!("a\u{0}b"), "Invalid text"),
    ] {
        let mut body = office.new_ticket();
        body[field] = value;
        let answer = office.agent().post(PATH, &body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::BAD_REQUEST, json!({ "error": expected })),
            "{body}"
        );
    }
    assert_eq!(office.tickets().await, 0);
}

#[tokio::test]
async fn no_body_no_json_and_no_object_count_as_an_empty_one() {
    let office = Office::new().await;
    for body in ["", "{", "null", "[]", "5"] {
        let answer = office.app.client().send(Method::POST, PATH, body).await;
        let expected = json!({ "error": "tenantId is required or a valid session token must be provided" });
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::BAD_REQUEST, expected),
            "{body}"
        );
    }
}

#[tokio::test]
async fn nobody_writes_into_another_tenant() {
    let office = Office::new().await;
    let mut body = office.new_ticket();
    body["tenantId"] = json!(office.other);
    assert_eq!(office.agent().post(PATH, &body).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        office.app.client().post(PATH, &office.new_ticket()).await.status,
        StatusCode::UNAUTHORIZED
    );
    let root = office.bearer(&office.token(Some("default"), "super_admin"));
    body["tenantId"] = json!("nobody");
    let answer = root.post(PATH, &body).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::BAD_REQUEST, json!({ "error": "Invalid createdById" }))
    );
    assert_eq!(office.tickets().await, 0);
}

#[tokio::test]
async fn a_dry_run_answers_the_same_and_writes_nothing() {
    let office = Office::new().await;
    let request = http::Request::post(PATH)
        .header(
            "authorization",
            format!("Bearer {}", office.token(Some(&office.acme), "user")),
        )
        .body(office.new_ticket().to_string().into())
        .unwrap();
    let dry = office
        .app
        .native()
        .dry_run(request, handlers::DryRunLimits::default())
        .await
        .unwrap();
    assert_eq!(dry.response.status(), StatusCode::OK);
    let ticket: Value = serde_json::from_slice(dry.response.body()).unwrap();
    assert_eq!(ticket["ticket"]["title"], "Nuevo caso");
    assert!(dry.effects.is_empty());
    assert_eq!(office.tickets().await, 0);
}
