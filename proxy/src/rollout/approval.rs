//! A second person: a step forward of a route that is marked `approval: required` waits until somebody else agrees.

use flags::Stage;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::FromRow;

use super::audit::{Act, AuditEntry};
use super::change::{Changed, Wish};
use super::gate::Verdict;
use super::ladder::State;
use super::{Rollout, RolloutError};
use crate::store::StoreError;

/// So long a request waits: what speaks for a step is no longer true after a few days.
const LIFETIME_MS: i64 = 3 * 24 * 3_600_000;
/// Two that file at once meet on the primary key; the loser tries again.
const TRIES: usize = 100;

/// A query for whole requests; the text is static.
macro_rules! requests {
    ($rest:literal) => {
        concat!(
            "select id, target, from_state, to_state, action, reason, evidence, requested_by, requested_at, expires_at, \
             status, decided_by, decided_at from approval_requests ",
            $rest
        )
    };
}

/// A step that waits, or has waited, for a second person.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct ApprovalRequest {
    /// Its number, from 1.
    pub id: i64,
    /// The route or group.
    pub target: String,
    /// Where it was.
    pub from_state: String,
    /// Where it is to go.
    pub to_state: String,
    /// What was asked for, such as `promote`.
    pub action: String,
    /// Why.
    pub reason: String,
    /// JSON: what speaks for it.
    pub evidence: String,
    /// Who asked.
    pub requested_by: String,
    /// When, in milliseconds since 1970.
    pub requested_at: i64,
    /// The first moment at which nobody can agree any more.
    pub expires_at: i64,
    /// `waiting`, `approved`, `declined` or `expired`.
    pub status: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<i64>,
}

impl ApprovalRequest {
    /// The status of a request that nobody has decided.
    pub const WAITING: &'static str = "waiting";
    /// The status of one that was agreed to.
    pub const APPROVED: &'static str = "approved";
    const DECLINED: &'static str = "declined";
    const EXPIRED: &'static str = "expired";
}

impl Rollout {
    /// The newest requests first, at most `most`; those whose time is over say so.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn approval_requests(&self, most: i64) -> Result<Vec<ApprovalRequest>, RolloutError> {
        self.expire_requests().await?;
        let sql = requests!("order by id desc limit $1");
        let found = sqlx::query_as(sql).bind(most);
        Ok(found.fetch_all(self.store().pool()).await.map_err(StoreError::from)?)
    }

    /// Agrees to a request, as another person than the one who asked, and takes its step.
    ///
    /// # Errors
    /// See [`RolloutError`]; the request goes on waiting when the step cannot be taken.
    pub async fn approve(&self, id: i64, wish: &Wish) -> Result<Changed, RolloutError> {
        let request = self.open_request(id, wish).await?;
        let to = State::parse(&request.to_state).ok_or(RolloutError::RequestOutdated(id))?;
        // The version that is looked at is the one that is changed.
        let seen = flags::version_of(&self.text().await?);
        if self.find(&request.target).await?.1.to_string() != request.from_state {
            return Err(RolloutError::RequestOutdated(id));
        }
        let evidence = self.judged_again(&request, to).await?;
        if !self
            .decide(id, ApprovalRequest::WAITING, ApprovalRequest::APPROVED, &wish.actor)
            .await?
        {
            return Err(self.closed(id).await?);
        }
        let agreed = Wish {
            evidence,
            expected: wish.expected.clone().or(Some(seen)),
            ..wish.clone()
        };
        let changed = self.change_agreed(&request.target, to, "approve", &agreed).await;
        if matches!(&changed, Err(error) if !matches!(error, RolloutError::NotWrittenDown(_))) {
            self.decide(id, ApprovalRequest::APPROVED, ApprovalRequest::WAITING, &wish.actor)
                .await?;
        }
        changed
    }

    /// Refuses a request; whoever asked may take it back this way too.
    ///
    /// # Errors
    /// See [`RolloutError`].
    pub async fn decline(&self, id: i64, wish: &Wish) -> Result<AuditEntry, RolloutError> {
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        let request = self.request(id).await?;
        if !self
            .decide(id, ApprovalRequest::WAITING, ApprovalRequest::DECLINED, &wish.actor)
            .await?
        {
            return Err(self.closed(id).await?);
        }
        let act = request.act(&wish.actor, "decline", &wish.reason);
        Ok(self.write_down(act).await?)
    }

    /// Ends every request whose time is over, and writes that down. Of several replicas one does it.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn expire_requests(&self) -> Result<(), RolloutError> {
        let sql = requests!("where status = 'waiting' and expires_at <= $1");
        let over: Vec<ApprovalRequest> = sqlx::query_as(sql)
            .bind(self.now_ms())
            .fetch_all(self.store().pool())
            .await
            .map_err(StoreError::from)?;
        for request in over {
            let (id, actor) = (request.id, "clock");
            if self
                .decide(id, ApprovalRequest::WAITING, ApprovalRequest::EXPIRED, actor)
                .await?
            {
                self.write_down(request.act(actor, "expire", "nobody agreed in time"))
                    .await?;
            }
        }
        Ok(())
    }

    /// One request.
    ///
    /// # Errors
    /// When there is none, or the store cannot be read.
    pub async fn request(&self, id: i64) -> Result<ApprovalRequest, RolloutError> {
        let sql = requests!("where id = $1");
        let found: Option<ApprovalRequest> = sqlx::query_as(sql)
            .bind(id)
            .fetch_optional(self.store().pool())
            .await
            .map_err(StoreError::from)?;
        found.ok_or(RolloutError::NoRequest(id))
    }

    /// Files a request for a step; the same step is asked for once, however often somebody tries.
    pub(super) async fn file_request(
        &self,
        target: &str,
        states: (State, State),
        action: &str,
        wish: &Wish,
    ) -> Result<ApprovalRequest, RolloutError> {
        self.expire_requests().await?;
        let now = self.now_ms();
        let mut request = ApprovalRequest {
            id: 0,
            target: target.to_owned(),
            from_state: states.0.to_string(),
            to_state: states.1.to_string(),
            action: action.to_owned(),
            reason: wish.reason.clone(),
            evidence: wish.evidence.to_string(),
            requested_by: wish.actor.clone(),
            requested_at: now,
            expires_at: now + LIFETIME_MS,
            status: ApprovalRequest::WAITING.to_owned(),
            decided_by: None,
            decided_at: None,
        };
        if let Some(waiting) = self.same_request(&request).await? {
            return Ok(waiting);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match self.insert_request(&mut request).await {
                Err(sqlx::Error::Database(error)) if error.is_unique_violation() && tries < TRIES => {}
                Err(error) => return Err(StoreError::from(error).into()),
                Ok(()) => break,
            }
        }
        self.write_down(request.act(&wish.actor, "request", &wish.reason))
            .await?;
        Ok(request)
    }

    async fn same_request(&self, request: &ApprovalRequest) -> Result<Option<ApprovalRequest>, RolloutError> {
        let sql = requests!(
            "where status = 'waiting' and target = $1 and from_state = $2 and to_state = $3 and requested_by = $4 order by id desc limit 1"
        );
        let found = sqlx::query_as(sql)
            .bind(&request.target)
            .bind(&request.from_state)
            .bind(&request.to_state)
            .bind(&request.requested_by);
        Ok(found
            .fetch_optional(self.store().pool())
            .await
            .map_err(StoreError::from)?)
    }

    async fn insert_request(&self, request: &mut ApprovalRequest) -> Result<(), sqlx::Error> {
        let last: Option<(i64,)> = sqlx::query_as("select id from approval_requests order by id desc limit 1")
            .fetch_optional(self.store().pool())
            .await?;
        request.id = last.map_or(1, |(last,)| last + 1);
        sqlx::query(
            "insert into approval_requests (id, target, from_state, to_state, action, reason, evidence, requested_by, \
             requested_at, expires_at, status) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(request.id)
        .bind(&request.target)
        .bind(&request.from_state)
        .bind(&request.to_state)
        .bind(&request.action)
        .bind(&request.reason)
        .bind(&request.evidence)
        .bind(&request.requested_by)
        .bind(request.requested_at)
        .bind(request.expires_at)
        .bind(&request.status)
        .execute(self.store().pool())
        .await
        .map(|_| ())
    }

    async fn open_request(&self, id: i64, wish: &Wish) -> Result<ApprovalRequest, RolloutError> {
        if wish.reason.trim().is_empty() {
            return Err(RolloutError::NoReason);
        }
        self.expire_requests().await?;
        let request = self.request(id).await?;
        if request.status != ApprovalRequest::WAITING {
            return Err(self.closed(id).await?);
        }
        // Two spellings of a name are no second person.
        let name = |name: &str| name.trim().to_lowercase();
        if name(&request.requested_by) == name(&wish.actor) {
            return Err(RolloutError::SamePerson(id));
        }
        Ok(request)
    }

    /// What speaks for the step now: it may be days since it was asked for.
    async fn judged_again(&self, request: &ApprovalRequest, to: State) -> Result<Value, RolloutError> {
        let mut evidence: Value = serde_json::from_str(&request.evidence).unwrap_or_default();
        let forced = evidence.get("forced").and_then(Value::as_bool).unwrap_or(false);
        if to.stage > Stage::Shadow && !forced {
            let judged = self.evidence(&request.target, to.stage).await?;
            if judged.verdict != Verdict::Ready {
                return Err(RolloutError::NotReady {
                    target: request.target.clone(),
                    verdict: judged.verdict,
                });
            }
            evidence = judged.kept(false);
        }
        if let Value::Object(map) = &mut evidence {
            let asked = json!({ "id": request.id, "by": request.requested_by, "reason": request.reason });
            map.insert("request".to_owned(), asked);
        }
        Ok(evidence)
    }

    /// Moves a request from one status to another; `false` when it was not there any more.
    async fn decide(&self, id: i64, from: &str, to: &str, by: &str) -> Result<bool, StoreError> {
        let moved = sqlx::query(
            "update approval_requests set status = $1, decided_by = $2, decided_at = $3 where id = $4 and status = $5",
        )
        .bind(to)
        .bind(by)
        .bind(self.now_ms())
        .bind(id)
        .bind(from)
        .execute(self.store().pool())
        .await?;
        Ok(moved.rows_affected() == 1)
    }

    async fn closed(&self, id: i64) -> Result<RolloutError, RolloutError> {
        let status = self.request(id).await?.status;
        Ok(RolloutError::RequestClosed { id, status })
    }
}

impl ApprovalRequest {
    fn act(&self, actor: &str, action: &'static str, reason: &str) -> Act {
        Act {
            actor: actor.to_owned(),
            action,
            target: self.target.clone(),
            reason: reason.to_owned(),
            from: None,
            to: None,
            evidence: json!({ "request": self.id, "from": self.from_state, "to": self.to_state, "by": self.requested_by }),
        }
    }
}
