//! Rows of `users`.

use crate::app::TestApp;

/// A user that is not there yet.
#[derive(Debug)]
pub struct Agent<'a> {
    app: &'a TestApp,
    tenant: String,
    name: String,
    role: &'static str,
}

impl<'a> Agent<'a> {
    pub(crate) fn new(app: &'a TestApp, tenant: &str) -> Self {
        Self { app, tenant: tenant.to_owned(), name: "ada".to_owned(), role: "user" }
    }

    /// Another name; the id and the address follow it.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Another role of legacy's `UserRole`.
    #[must_use]
    pub fn role(mut self, role: &'static str) -> Self {
        self.role = role;
        self
    }

    /// Writes the row and returns its id.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn insert(self) -> String {
        let id = format!("user-{}-{}", self.tenant, self.name);
        let sql = r#"insert into users (id, email, name, "tenantId", role, "createdAt", "updatedAt")
                     values ($1, $2, $3, $4, $5::"UserRole", $6, $6)"#;
        let now = self.app.clock().now();
        let now = time::PrimitiveDateTime::new(now.date(), now.time());
        let written = sqlx::query(sql)
            .bind(&id)
            .bind(format!("{id}@example.org"))
            .bind(&self.name)
            .bind(&self.tenant)
            .bind(self.role)
            .bind(now)
            .execute(self.app.pool())
            .await;
        written.expect("a user can be written");
        id
    }
}
