//! Beside a quiet legacy, a shadowed write leaves every row of every table as it was, bit by bit; sequences may move on.
//!
//! `FICUS_PROOF_WRITES` asks for more writes than CI makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use handlers::kit::effects::{Job, Realtime};
use handlers::kit::{Area, Inbound, Outcome, Reply, Routes, UnitOfWork as _, Work};
use harness::{Client, TestApp, TestProxy};
use http::{Method, StatusCode};
use jsonwebtoken::{EncodingKey, Header};
use proxy::store::Store;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use test_support::legacy::{Answer, FakeLegacy};
use tokio::task::JoinSet;

const TICKETS: &str = "/api/crm/tickets";
const LOGIN: &str = "/api/auth/login";
const EVERYTHING: &str = "/api/tests/everything";
/// "correct horse", cost 4: tests need not wait.
const HORSE: &str = "$2b$04$7u5sA2cuFzxLwvHNgDFk2.0ECsImlVRX0oM/0YHoCR/vZUExVZHhu";
const CLIENTS: usize = 4;

fn routes() -> Routes {
    Routes::new(Area::Public).write(Method::POST, EVERYTHING, everything)
}

/// Inserts, updates, deletes, draws from a sequence and announces.
async fn everything(work: &mut Work, _: &Inbound) -> Outcome {
    let id = work.context().ids.uuid().to_string();
    sqlx::query(
        "insert into system_config (id, key, value, created_at, updated_at) values ($1, $1, '1', now(), now())",
    )
    .bind(&id)
    .execute(work.db().await?)
    .await?;
    sqlx::query("update users set name = $1, \"updatedAt\" = now()")
        .bind(&id)
        .execute(work.db().await?)
        .await?;
    sqlx::query("delete from system_config where id = 'doomed'")
        .execute(work.db().await?)
        .await?;
    sqlx::query("select nextval('drawn')").execute(work.db().await?).await?;
    work.announce(Realtime {
        channels: vec!["private-tests".to_owned()],
        event: "written".to_owned(),
        data: json!({ "id": id }),
    });
    work.announce_once(
        id,
        Job {
            queue: "tests".to_owned(),
            name: "written".to_owned(),
            data: json!({}),
            options: json!({}),
        },
    );
    Ok(Reply::json(StatusCode::OK, &json!({ "ok": true })))
}

struct Office {
    app: TestApp,
    legacy: FakeLegacy,
    proxy: TestProxy,
    store: String,
    _home: TempDir,
    ticket: Value,
    bearer: String,
}

async fn office() -> Office {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").insert().await;
    let ada = app.agent(&acme).insert().await;
    let arrange = format!(
        "update users set password = '{HORSE}', email = 'ada@acme.example' where id = '{ada}'; create sequence drawn;
         insert into system_config (id, key, value, created_at, updated_at) values ('doomed', 'doomed', '1', now(), now())"
    );
    sqlx::raw_sql(AssertSqlSafe(arrange))
        .execute(app.pool())
        .await
        .expect("rows to begin with");
    let legacy = FakeLegacy::start().await;
    legacy.otherwise(Answer::json(200, &json!({ "ok": true })));
    let home = TempDir::with_prefix("ficus-quiet-").expect("a directory");
    let store = format!("sqlite:{}", home.path().join("store.db").display());
    let flags = [TICKETS, LOGIN, EVERYTHING]
        .map(|path| format!("  - {{ route: POST {path}, stage: shadow }}\n"))
        .concat();
    let proxy = TestProxy::builder()
        .legacy(&legacy)
        .database(&app.database_url())
        .store(&store)
        .routes(routes)
        .setting("FICUS_DRY_RUN_WAIT_MS", "3000")
        .flags(&format!(
            "version: 1\ndefaults:\n  shadow: {{ budget: 10s }}\nroutes:\n{flags}"
        ))
        .spawn()
        .await;
    let expires = time::OffsetDateTime::now_utc().unix_timestamp() + 36_000;
    let claims = json!({ "sub": ada, "email": "ada@acme.example", "tenantId": acme, "role": "user", "exp": expires });
    let key = EncodingKey::from_secret(b"only-for-tests");
    let token = jsonwebtoken::encode(&Header::default(), &claims, &key).expect("a token");
    Office {
        ticket: json!({ "tenantId": acme, "type": "help_desk", "title": "Nuevo caso", "createdById": ada }),
        bearer: format!("Bearer {token}"),
        app,
        legacy,
        proxy,
        store,
        _home: home,
    }
}

/// A digest of the rows of every table, whatever its schema.
async fn digests(pool: &PgPool) -> BTreeMap<String, String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'",
    )
    .fetch_all(pool)
    .await
    .expect("the catalogue");
    let mut digests = BTreeMap::new();
    for table in tables {
        let sql =
            format!("select md5(coalesce(string_agg(one::text, E'\\n' order by one::text), '')) from {table} as one");
        let digest = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(pool)
            .await
            .expect("a digest");
        digests.insert(table, digest);
    }
    digests
}

async fn write(client: &Client, office: &(Value, String), number: usize) {
    let client = client.clone().with_header("authorization", &office.1);
    let answer = match number % 3 {
        0 => {
            let mut ticket = office.0.clone();
            ticket["title"] = json!(format!("Caso {number}"));
            client.post(TICKETS, &ticket).await
        }
        1 => {
            client
                .post(
                    LOGIN,
                    &json!({ "email": "ada@acme.example", "password": "correct horse", "number": number }),
                )
                .await
        }
        _ => {
            client
                .post(&format!("{EVERYTHING}?number={number}"), &json!({ "number": number }))
                .await
        }
    };
    assert_eq!(answer.json(), json!({ "ok": true }), "the client gets legacy's answer");
}

#[tokio::test]
async fn rows_of_every_table_are_the_same_before_and_after_many_shadowed_writes() {
    let writes = std::env::var("FICUS_PROOF_WRITES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(300);
    let office = office().await;
    let before = digests(office.app.pool()).await;
    let given = Arc::new((office.ticket, office.bearer));
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        let (client, given) = (office.proxy.client(), Arc::clone(&given));
        clients.spawn(async move {
            for number in (first..writes).step_by(CLIENTS) {
                write(&client, &given, number).await;
            }
        });
    }
    clients.join_all().await;
    drop(office.proxy);
    let after = digests(office.app.pool()).await;
    assert!(before.len() > 80, "every table is looked at");
    assert_eq!(before, after);
    assert_eq!(office.legacy.requests().len(), writes);
    let drawn: i64 = sqlx::query_scalar("select last_value from drawn")
        .fetch_one(office.app.pool())
        .await
        .expect("a number");
    assert!(drawn > 1, "the dry runs were real: {drawn}");
    let store = Store::open(&office.store).await.expect("the store");
    let compared: i64 = store.counts(0).await.expect("counts").iter().map(|row| row.n).sum();
    let skipped = store.not_compared(0).await.expect("reasons");
    assert!(
        usize::try_from(compared).expect("a count") * 2 > writes,
        "{compared} of {writes}: {skipped:?}"
    );
    let broken: Vec<_> = store
        .groups(0)
        .await
        .expect("groups")
        .into_iter()
        .filter(|group| group.kind == "failure")
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}
