//! From a question to the side that would answer: the flags' own decision, asked once more.

use std::net::IpAddr;

use flags::{Decision, Facts, Reason, RoutePlan, Session, Side, Snapshot};
use http::HeaderMap;

use super::Context;

/// Who asks.
pub(crate) struct Asker<'a> {
    /// The header fields of the question, without Ficus's own.
    pub(crate) headers: &'a HeaderMap,
    /// The host that it asks.
    pub(crate) host: Option<&'a str>,
    /// The address of the client.
    pub(crate) client: IpAddr,
    /// Who the client is, as far as a signature proves it.
    pub(crate) session: Session<'a>,
    /// The number of the question, from which nothing is drawn that a flag's value shows.
    pub(crate) ticket: u32,
    /// What is said about the client.
    pub(crate) context: &'a Context,
}

/// The value of one flag for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evaluation {
    /// The route.
    pub(crate) key: String,
    /// Who would answer, or why that cannot be said.
    pub(crate) side: Result<Side, NoValue>,
    /// Why, in the words of OpenFeature.
    pub(crate) reason: &'static str,
    /// Why, in the word that metrics and answers have.
    pub(crate) label: &'static str,
    /// The stage of the route.
    pub(crate) stage: &'static str,
    /// Its group.
    pub(crate) group: Option<String>,
}

/// Why a flag has no value for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoValue {
    /// The share draws by a subject, and nothing says which. Requests of such a client go to legacy.
    NoSubject,
}

impl Asker<'_> {
    /// Decides as for a request of this client for the route of this plan.
    pub(crate) fn evaluate(&self, snapshot: &Snapshot, plan: &RoutePlan, wanted: Option<Side>) -> Evaluation {
        let headers = self.context.headers_for(plan, self.headers);
        let path = self.context.path_for(plan);
        let facts = Facts {
            headers: Some(&headers),
            host: self.host,
            client: Some(self.client),
            session: self.session,
            wanted,
            ..Facts::new(&plan.key.method, &path, self.ticket)
        };
        let Decision { serve, reason, .. } = snapshot.look_up_plan(plan).decide(&facts);
        Evaluation {
            key: plan.key.to_string(),
            side: match reason {
                Reason::NoSubject => Err(NoValue::NoSubject),
                _ => Ok(serve),
            },
            reason: spoken(reason),
            label: reason.label(),
            stage: plan.stage.as_str(),
            group: plan.group.clone(),
        }
    }
}

/// The reason in the words of OpenFeature (specification, section 1.7, "Resolution Details").
fn spoken(reason: Reason) -> &'static str {
    match reason {
        Reason::Stage(_) => "STATIC",
        Reason::Share { .. } => "SPLIT",
        Reason::Target { .. } | Reason::Override => "TARGETING_MATCH",
        Reason::Killed => "DISABLED",
        _ => "DEFAULT",
    }
}
