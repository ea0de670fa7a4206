//! The list: shape, order, filters, paging.

use std::time::Duration;

use harness::Ticket;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Office, PATH};

impl Office {
    async fn ticket(&self, title: &str) -> String {
        let id = Ticket::new(&self.app, &self.acme, &self.ada, title).insert().await;
        self.app.clock().advance(Duration::from_secs(1));
        id
    }

    async fn titles(&self, query: &str) -> Vec<String> {
        let answer = self.agent().get(&format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
        let tickets = answer.json()["tickets"].as_array().unwrap().clone();
        tickets
            .iter()
            .map(|ticket| ticket["title"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn a_sparse_ticket_has_every_key_and_nulls_where_there_is_nothing() {
    let office = Office::new().await;
    let id = office.ticket("one").await;
    let answer = office.agent().get(PATH).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let email = format!("{}@example.org", office.ada);
    assert_eq!(
        answer.json(),
        json!({ "tickets": [{
            "id": id, "tenantId": office.acme, "type": "help_desk", "title": "one", "description": "invented",
            "status": "open", "priority": "medium", "customerId": "", "customerName": "Nobody", "customerEmail": null,
            "customerPhone": null, "createdById": office.ada, "assignedToId": null,
            "createdAt": "2025-06-15T10:00:00.000Z", "updatedAt": "2025-06-15T10:00:00.000Z",
            "createdBy": { "id": office.ada, "email": email, "name": "ada" }, "assignedTo": null, "customer": null,
            "commentCount": 0, "attachmentCount": 0
        }] })
    );
}

#[tokio::test]
async fn a_full_ticket_names_its_people_and_counts_what_hangs_on_it() {
    let office = Office::new().await;
    let id = office.ticket("one").await;
    let now = "'2025-06-15 10:00:00'";
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        r#"update tickets set "customerId" = 'c1', "customerName" = 'Carla', "customerEmail" = 'c@example.org',
                  "customerPhone" = '+51911111101', "assignedToId" = '{ada}';
           insert into ticket_comments (id, "ticketId", "authorId", content, "createdAt", "updatedAt")
             values ('m1', '{id}', '{ada}', 'a', {now}, {now}), ('m2', '{id}', '{ada}', 'b', {now}, {now});
           insert into ticket_attachments (id, "ticketId", filename, "originalName", "mimeType", size, url, "uploadedById", "createdAt")
             values ('f1', '{id}', 'a', 'a', 'text/plain', 1, '/a', '{ada}', {now})"#,
        ada = office.ada
    )))
    .execute(office.app.pool())
    .await
    .unwrap();
    let ticket = office.agent().get(PATH).await.json()["tickets"][0].clone();
    assert_eq!(
        ticket["customer"],
        json!({"id": "c1", "name": "Carla", "email": "c@example.org", "phone": "+51911111101"})
    );
    assert_eq!(ticket["assignedTo"], ticket["createdBy"]);
    assert_eq!(
        (&ticket["commentCount"], &ticket["attachmentCount"]),
        (&json!(2), &json!(1))
    );
}

#[tokio::test]
async fn the_newest_come_first_and_other_tenants_never() {
    let office = Office::new().await;
    for title in ["one", "two", "three"] {
        office.ticket(title).await;
    }
    let stranger = office.app.agent(&office.other).insert().await;
    Ticket::new(&office.app, &office.other, &stranger, "foreign")
        .insert()
        .await;
    assert_eq!(office.titles("").await, ["three", "two", "one"]);
    assert_eq!(
        office.titles(&format!("tenantId={}", office.acme)).await,
        ["three", "two", "one"]
    );
}

#[tokio::test]
async fn pages_are_read_as_javascript_reads_numbers() {
    let office = Office::new().await;
    for title in ["one", "two", "three", "four"] {
        office.ticket(title).await;
    }
    for (query, expected) in [
        ("limit=2", vec!["four", "three"]),
        ("limit=2abc&offset=1", vec!["three", "two"]),
        ("limit=0", vec!["four", "three", "two", "one"]),
        ("limit=x&offset=y", vec!["four", "three", "two", "one"]),
        ("limit=-2", vec!["two", "one"]),
        ("limit=-2&offset=1", vec!["three", "two"]),
        ("offset=-1", vec!["four", "three", "two", "one"]),
        ("offset=9", vec![]),
        ("limit=99999999999999999999", vec!["four", "three", "two", "one"]),
    ] {
        assert_eq!(office.titles(query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn filters_narrow_and_percent_is_a_wildcard() {
    let office = Office::new().await;
    office.ticket("Alpha").await;
    office.ticket("beta").await;
    sqlx::query(r#"update tickets set status = 'closed', priority = 'urgent', "assignedToId" = "createdById" where title = 'beta'"#)
        .execute(office.app.pool())
        .await
        .unwrap();
    for (query, expected) in [
        ("status=closed", vec!["beta"]),
        ("status=", vec!["beta", "Alpha"]),
        ("priority=medium", vec!["Alpha"]),
        ("type=system_bug", vec![]),
        ("customerId=c1", vec![]),
        ("search=ALPH", vec!["Alpha"]),
        ("search=invent", vec!["beta", "Alpha"]),
        ("search=a%25a", vec!["Alpha"]),
        ("search=b_ta", vec!["beta"]),
        ("search=%00", vec![]),
        ("customerId=%00", vec![]),
        ("search=%5C", vec![]),
    ] {
        assert_eq!(office.titles(query).await, expected, "{query}");
    }
    assert_eq!(office.titles(&format!("assignedToId={}", office.ada)).await, ["beta"]);
}

#[tokio::test]
async fn an_unknown_enum_value_is_named_where_legacy_fails() {
    let office = Office::new().await;
    for field in ["status", "priority", "type"] {
        let answer = office.agent().get(&format!("{PATH}?{field}=roto")).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::BAD_REQUEST, json!({ "error": format!("Invalid {field}") }))
        );
    }
}

#[tokio::test]
async fn head_options_and_other_methods() {
    let office = Office::new().await;
    let head = office.app.client().send(Method::HEAD, PATH, "").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::BAD_REQUEST, 0));
    let options = office.app.client().send(Method::OPTIONS, PATH, "").await;
    assert_eq!((options.status, options.body.len()), (StatusCode::OK, 0));
    assert_eq!(options.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        options.header("access-control-allow-methods"),
        Some("GET, POST, PUT, DELETE, PATCH, OPTIONS")
    );
    assert_eq!(
        options.header("access-control-allow-headers"),
        Some("Content-Type, Authorization")
    );
    assert_eq!(options.header("content-type"), None);
    let patch = office.agent().send(Method::PATCH, PATH, "").await;
    assert_eq!(
        (patch.status, patch.body.len(), patch.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, 0, None)
    );
}

#[tokio::test]
async fn nothing_is_an_empty_list() {
    let office = Office::new().await;
    assert_eq!(
        office.agent().get(PATH).await.json(),
        json!({ "tickets": Value::Array(vec![]) })
    );
}
