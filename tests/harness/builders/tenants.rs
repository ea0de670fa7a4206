//! Rows of `tenants`.

use crate::app::TestApp;

/// A tenant that is not there yet.
#[derive(Debug)]
pub struct Tenant<'a> {
    app: &'a TestApp,
    id: String,
    name: String,
    active: bool,
}

impl<'a> Tenant<'a> {
    pub(crate) fn new(app: &'a TestApp, name: &str) -> Self {
        Self { app, id: format!("tenant-{name}"), name: name.to_owned(), active: true }
    }

    /// Switched off.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.active = false;
        self
    }

    /// Writes the row and returns its id.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn insert(self) -> String {
        let sql = r#"insert into tenants (id, name, "isActive", "createdAt", "updatedAt") values ($1, $2, $3, $4, $4)"#;
        let now = self.app.clock().now();
        let now = time::PrimitiveDateTime::new(now.date(), now.time());
        let written =
            sqlx::query(sql).bind(&self.id).bind(&self.name).bind(self.active).bind(now).execute(self.app.pool()).await;
        written.expect("a tenant can be written");
        self.id
    }
}
