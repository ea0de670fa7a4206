//! Rows of `tickets`.

use crate::app::TestApp;

/// A ticket that is not there yet.
#[derive(Debug)]
pub struct Ticket<'a> {
    app: &'a TestApp,
    tenant: String,
    author: String,
    title: String,
    status: &'static str,
}

impl<'a> Ticket<'a> {
    /// An open ticket of `author`, a user's id.
    pub fn new(app: &'a TestApp, tenant: &str, author: &str, title: &str) -> Self {
        Self { app, tenant: tenant.to_owned(), author: author.to_owned(), title: title.to_owned(), status: "open" }
    }

    /// Another status of legacy's `TicketStatus`.
    #[must_use]
    pub fn status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    /// Writes the row and returns its id.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn insert(self) -> String {
        let id = format!("ticket-{}", self.title);
        let sql = r#"insert into tickets (id, "tenantId", type, title, description, status, priority, "customerId",
                       "customerName", "createdById", "createdAt", "updatedAt")
                     values ($1, $2, 'help_desk', $3, 'invented', $4::"TicketStatus", 'medium', '', 'Nobody', $5, $6, $6)"#;
        let now = self.app.clock().now();
        let now = time::PrimitiveDateTime::new(now.date(), now.time());
        let written = sqlx::query(sql)
            .bind(&id)
            .bind(&self.tenant)
            .bind(&self.title)
            .bind(self.status)
            .bind(&self.author)
            .bind(now)
            .execute(self.app.pool())
            .await;
        written.expect("a ticket can be written");
        id
    }
}
