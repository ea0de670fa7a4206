//! A database with many people who can sign in, for loads: each has a password, a phone, a session and codes.

use proxy::provision::legacy::{Settings, seed};
use serde_json::{Value, json};
use test_support::database::{Cluster, Database};

/// How many there are.
pub(crate) const PEOPLE: usize = 64;
/// What signs tokens on both sides.
const SECRET: &str = "only-for-tests";

/// People with a password, a phone, a session and codes; the password is that of the seed's users.
const ROWS: &str = r#"
insert into users (id, email, name, password, "tenantId", role, status, "approvalStatus", "chatbotAccessStatus", "createdAt", "updatedAt")
  select 'speed' || n, 'speed' || n || '@faro.example', 'Speed', (select password from users where email = 'irene@faro.example'),
         'cmtenantfaro000000000001', 'admin', 'active', 'approved', 'approved', now(), now()
  from generate_series(0, 63) n;
insert into chatbot_phone_users (id, phone, "normalizedPhone", "tenantId", email, "displayName", "createdAt", "updatedAt")
  select 'phone' || n, '+3461000' || (1000 + n), '+3461000' || (1000 + n), 'cmtenantfaro000000000001',
         'speed' || n || '@faro.example', 'Speed', now(), now()
  from generate_series(0, 63) n;
update users set "chatbotPhoneUserId" = 'phone' || substr(id, 6), phone = '+3461000' || (1000 + substr(id, 6)::int),
                 "normalizedPhone" = '+3461000' || (1000 + substr(id, 6)::int) where id like 'speed%';
insert into chatbot_phone_sessions (id, "userId", "sessionToken", "expiresAt", "lastUsedAt", "createdAt")
  select 'session' || n, 'phone' || n, 'token' || n, '2099-01-01', now(), '2099-01-01' from generate_series(0, 63) n;
insert into chatbot_phone_otps (id, "publicId", "userId", "codeHash", "expiresAt", "createdAt", "updatedAt")
  select 'code' || n, 'code' || n, 'phone' || (n % 64), (select password from users where email = 'irene@faro.example'),
         '2099-01-01', now(), now()
  from generate_series(0, 1999) n;
"#;

/// The database.
pub(crate) async fn database() -> Database {
    let database = Cluster::shared().await.database().await;
    for sql in [seed().unwrap(), ROWS.to_owned()] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&database.pool)
            .await
            .unwrap();
    }
    database
}

/// What the legacy app is told.
pub(crate) fn settings(database: &Database) -> Settings {
    Settings {
        database_url: database.url.clone(),
        environment: vec![("NEST_AUTH_SECRET".to_owned(), SECRET.to_owned())],
    }
}

/// What Ficus is told.
pub(crate) fn environment(database: &Database) -> [(&'static str, &str); 2] {
    [("DATABASE_URL", database.url.as_str()), ("NEST_AUTH_SECRET", SECRET)]
}

/// With what somebody signs in.
pub(crate) fn credentials(person: usize) -> Value {
    let email = format!("speed{}@faro.example", person % PEOPLE);
    json!({ "email": email, "password": "legacy-demo-1" })
}
