//! The life of a request, outermost step first. `docs/request-life.md` has a paragraph for each line.

use std::rc::Rc;

use tower::ServiceBuilder;

use crate::core::Core;
use crate::exchange::Step;
use crate::layers::access_log::AccessLog;
use crate::layers::admission::Admission;
use crate::layers::canonical_path::CanonicalPath;
use crate::layers::client_address::ClientAddress;
use crate::layers::deadline::Deadline;
use crate::layers::decide::Decide;
use crate::layers::dispatch::Dispatch;
use crate::layers::limits::Limits;
use crate::layers::observe::Observe;
use crate::layers::record::Record;
use crate::layers::request_id::RequestIds;
use crate::layers::rescue::Rescue;
use crate::layers::server_timing::ServerTiming;
use crate::layers::shadow::ShadowLayer;
use crate::layers::trace_context::TraceContexts;

/// Builds the stack of one core.
pub fn stack(core: &Rc<Core>) -> impl Step + use<> + 'static {
    ServiceBuilder::new()
        .layer(CanonicalPath) // first: everything below sees one form of the path
        .layer(RequestIds)
        .layer(TraceContexts::new(core))
        .layer(ClientAddress::new(core))
        .layer(ServerTiming::new(core))
        .layer(AccessLog::new(core))
        .layer(Observe::new(core)) // around Rescue: an error is counted as the response it became
        .layer(Rescue::new(core))
        .layer(Admission::new(core)) // around Limits: a refusal from below is counted too
        .layer(Limits::new(core))
        .layer(Decide::new(core)) // before Deadline, Shadow and Dispatch: all three read the decision
        .layer(Deadline::new(core))
        .layer(ShadowLayer::new(core.shadow.clone()))
        .layer(Record::new(core.tap.clone())) // the request that legacy gets, the answer that it gives
        .service(Dispatch::new(core))
}
