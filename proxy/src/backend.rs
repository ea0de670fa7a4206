//! The two sides that can answer.

pub mod candidate;
pub mod circuit;
pub mod fallback;
mod held;
pub mod legacy;
pub mod native;
mod tunnel;

use std::sync::Arc;

use flags::RoutePlan;
use handlers::kit::{ClientAddress, Compat, RequestId};
use http::Extensions;

use crate::exchange::RequestFacts;

/// Handlers know nothing of the data plane, so they get what they need in their own words.
fn introduce(extensions: &mut Extensions, facts: &RequestFacts, plan: Option<&RoutePlan>) {
    extensions.insert(RequestId(facts.id.as_str().to_owned()));
    extensions.insert(ClientAddress(facts.client));
    if let Some(plan) = plan {
        extensions.insert(Compat(Arc::new(plan.compat.clone())));
    }
}
