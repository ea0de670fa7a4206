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
use crate::kit::{
    Context, DryRun, DryRunLimits, EffectRecord, Inbound, Inspection, NotComparable, Reader, Reply, Touch,
    UnitOfWork as _, Work,
};

/// What the caller waits beyond the budget for the rollback, before it leaves the task to itself.
const GRACE: Duration = Duration::from_millis(250);

/// The reply, what it announced and what it wrote.
type Answered = Result<(Reply, Vec<EffectRecord>, Vec<EffectRecord>), NotComparable>;

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
    let inspection = parts.extensions.get::<Inspection>().cloned();
    context.calls = match &inspection {
        Some(inspection) => CallPolicy::Answered(Arc::clone(&inspection.calls)),
        None => CallPolicy::Skip,
    };
    let inbound = Inbound::new(parts, body, path);
    let deadline = started + limits.budget;
    let gone = CancellationToken::new();
    let caller_left = gone.clone().drop_guard();
    let task = inner.runs.spawn(async move {
        let answered = execute(&route, context, inspection, &inbound, deadline, &gone).await;
        drop(permit);
        answered
    });
    let answered = timeout_at(deadline + GRACE, task).await;
    drop(caller_left);
    let (reply, effects, rows) = match answered {
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
        rows,
        took: started.elapsed(),
    })
}

async fn execute(
    route: &Route,
    context: Context,
    inspection: Option<Inspection>,
    inbound: &Inbound,
    deadline: Instant,
    gone: &CancellationToken,
) -> Answered {
    match &route.handler {
        Handler::Read(handler) => read(handler.as_ref(), context, inspection, inbound, deadline, gone).await,
        Handler::Write(handler) => write(handler.as_ref(), context, inspection, inbound, deadline, gone).await,
        Handler::Stream(_) => Err(NotComparable::Streamed),
    }
}

async fn read(
    handler: &dyn ReadHandler,
    context: Context,
    inspection: Option<Inspection>,
    inbound: &Inbound,
    deadline: Instant,
    gone: &CancellationToken,
) -> Answered {
    let mut reader = Reader::new(context.clone());
    let ended = until_gone(async { handler.call(&mut reader, inbound).await }, deadline, gone).await;
    let touches = reader.take_touches();
    reader.finish((&ended).into()).await;
    let effects = touches.iter().map(Touch::record).collect();
    if let Some(inspection) = inspection {
        show_touches(context, touches, &inspection).await?;
    }
    Ok((reply(ended)?, effects, Vec::new()))
}

/// Applies the touches of a read as they are applied live, beside the answer, shows them and undoes them.
async fn show_touches(context: Context, touches: Vec<Touch>, inspection: &Inspection) -> Result<(), NotComparable> {
    let mut work = Work::new(context);
    for touch in touches {
        work.touch(touch);
    }
    let shown = match work.settle().await {
        Ok(()) => work.inspect(inspection).await,
        Err(fault) => Err(fault),
    };
    work.roll_back(false).await;
    Ok(shown?)
}

async fn write(
    handler: &dyn WriteHandler,
    context: Context,
    inspection: Option<Inspection>,
    inbound: &Inbound,
    deadline: Instant,
    gone: &CancellationToken,
) -> Answered {
    let lock_timeout = context.dry.unwrap_or_default().lock_timeout;
    let mut work = Work::new(context);
    let right_of_way = work.right_of_way(lock_timeout);
    let answered = tokio::select! {
        biased;
        answered = handled(handler, &mut work, inspection.as_ref(), inbound, deadline, gone) => answered,
        () = right_of_way.wanted() => Err(NotComparable::GaveWay),
    };
    let abandoned = matches!(answered, Err(NotComparable::GaveWay | NotComparable::BudgetSpent));
    work.roll_back(abandoned).await;
    answered
}

/// Everything between the beginning of the transaction and its rollback.
async fn handled(
    handler: &dyn WriteHandler,
    work: &mut Work,
    inspection: Option<&Inspection>,
    inbound: &Inbound,
    deadline: Instant,
    gone: &CancellationToken,
) -> Answered {
    let ended = until_gone(async { handler.call(work, inbound).await }, deadline, gone).await;
    let reply = reply(ended)?;
    if reply.wants_rollback() {
        // It undoes its writes and drops its effects with them, live as well.
        return Ok((reply, Vec::new(), Vec::new()));
    }
    let overdue = |_| NotComparable::BudgetSpent;
    timeout_at(deadline, work.settle()).await.map_err(overdue)??;
    let effects = work.records();
    let mut rows = Vec::new();
    match inspection {
        Some(inspection) => work.inspect(inspection).await?,
        None => match timeout_at(deadline, work.written_rows()).await.map_err(overdue)? {
            Ok(written) => rows = written,
            Err(error) => tracing::debug!(%error, "the rows of a dry run could not be read"),
        },
    }
    Ok((reply, effects, rows))
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
