//! Dry runs.
//!
//! A dry run is a task of its own with a permit of its own. Its caller waits for it at most the budget and a little more; a
//! caller who goes away, or a handler that never gives control back, changes nothing for anybody else: the task still ends by
//! rolling back, and the permit keeps such tasks few.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::guarded::{self, Ended};
use crate::kit::calls::CallPolicy;
use crate::kit::routes::{Handler, ReadHandler, Route, WriteHandler};
use crate::kit::table::Found;
use crate::kit::{Context, DryRun, DryRunLimits, EffectRecord, Inbound, NotComparable, Reader, Reply, Touch, Work};

/// What the caller waits beyond the budget for the rollback, before it leaves the task to itself.
const GRACE: Duration = Duration::from_millis(250);

type Answered = Result<(Reply, Vec<EffectRecord>), NotComparable>;

pub(super) async fn run(
    inner: &Arc<Inner>,
    request: Request<Bytes>,
    limits: DryRunLimits,
) -> Result<DryRun, NotComparable> {
    let started = Instant::now();
    let head_only = request.method() == Method::HEAD;
    let (parts, body) = request.into_parts();
    let target = parts.uri.path().to_owned();
    let Found::Route(route, path) = inner.table.find(&parts.method, &target) else {
        return Err(NotComparable::NoHandler);
    };
    let route = route.clone();
    if matches!(route.handler, Handler::Stream(_)) {
        return Err(NotComparable::Streamed);
    }
    let permit = timeout(
        inner.context.settings.dry_wait,
        Arc::clone(&inner.dry_permits).acquire_owned(),
    );
    let Ok(Ok(permit)) = permit.await else {
        return Err(NotComparable::Saturated);
    };

    let mut context = inner.context_for(&parts.extensions);
    context.dry = Some(limits);
    context.calls = CallPolicy::Skip;
    let inbound = Inbound::new(parts, body, path);
    let deadline = started + limits.budget;
    let gone = CancellationToken::new();
    let caller_left = gone.clone().drop_guard();
    let task = inner.runs.spawn(async move {
        let answered = execute(&route, context, &inbound, deadline, &gone).await;
        drop(permit);
        answered
    });
    let answered = timeout_at(deadline + GRACE, task).await;
    drop(caller_left);
    let (reply, effects) = match answered {
        Ok(Ok(answered)) => answered?,
        Ok(Err(_)) => return Err(NotComparable::Panicked),
        Err(_) => return Err(NotComparable::BudgetSpent),
    };
    let response = reply.into_whole().ok_or(NotComparable::Streamed)?;
    if response.body().len() > limits.max_answer_bytes {
        return Err(NotComparable::BodyTooLarge);
    }
    Ok(DryRun {
        response: inner.dress_whole(response, &target, head_only),
        effects,
        took: started.elapsed(),
    })
}

async fn execute(
    route: &Route,
    context: Context,
    inbound: &Inbound,
    deadline: Instant,
    gone: &CancellationToken,
) -> Answered {
    match &route.handler {
        Handler::Read(handler) => read(handler.as_ref(), context, inbound, deadline, gone).await,
        Handler::Write(handler) => write(handler.as_ref(), context, inbound, deadline, gone).await,
        Handler::Stream(_) => Err(NotComparable::Streamed),
    }
}

async fn read(
    handler: &dyn ReadHandler,
    context: Context,
    inbound: &Inbound,
    deadline: Instant,
    gone: &CancellationToken,
) -> Answered {
    let mut reader = Reader::new(context);
    let ended = until_gone(async { handler.call(&mut reader, inbound).await }, deadline, gone).await;
    let effects = reader.take_touches().iter().map(Touch::record).collect();
    reader.finish(matches!(ended, Ended::Overdue)).await;
    Ok((reply(ended)?, effects))
}

async fn write(
    handler: &dyn WriteHandler,
    context: Context,
    inbound: &Inbound,
    deadline: Instant,
    gone: &CancellationToken,
) -> Answered {
    let mut work = Work::new(context);
    let ended = until_gone(async { handler.call(&mut work, inbound).await }, deadline, gone).await;
    let (ended, abandoned) = match ended {
        Ended::Reply(reply) if !reply.wants_rollback() => match timeout_at(deadline, work.settle()).await {
            Ok(Ok(())) => (Ended::Reply(reply), false),
            Ok(Err(fault)) => (Ended::Fault(fault), false),
            Err(_) => (Ended::Overdue, true),
        },
        Ended::Overdue => (Ended::Overdue, true),
        other => (other, false),
    };
    // A reply that undoes its writes drops its effects with them, live as well.
    let effects = match &ended {
        Ended::Reply(reply) if !reply.wants_rollback() => work.records(),
        _ => Vec::new(),
    };
    work.roll_back(abandoned).await;
    Ok((reply(ended)?, effects))
}

async fn until_gone(
    handler: impl Future<Output = crate::kit::Outcome>,
    deadline: Instant,
    gone: &CancellationToken,
) -> Ended {
    tokio::select! {
        biased;
        () = gone.cancelled() => Ended::Overdue,
        ended = guarded::run(handler, deadline) => ended,
    }
}

fn reply(ended: Ended) -> Result<Reply, NotComparable> {
    match ended {
        Ended::Reply(reply) => Ok(reply),
        Ended::Fault(fault) => Err(fault.into()),
        Ended::Needs(service) => Err(NotComparable::Needs(service)),
        Ended::Panicked => Err(NotComparable::Panicked),
        Ended::Overdue => Err(NotComparable::BudgetSpent),
    }
}
