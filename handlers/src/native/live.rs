//! Live runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::guarded::{self, Ended};
use crate::kit::database::timed_out;
use crate::kit::routes::{Handler, ReadHandler, Route, StreamHandler, WriteHandler};
use crate::kit::{CommitState, Context, Failure, FailureKind, Fault, FaultKind, Inbound, Reader, Reply, Stream, Work};

/// Runs a request on a task of its own and waits for its answer.
pub(super) async fn run(
    inner: &Arc<Inner>,
    route: Route,
    context: Context,
    inbound: Inbound,
    allowed: Duration,
) -> Result<Reply, Failure> {
    let deadline = Instant::now() + allowed;
    let gone = CancellationToken::new();
    let reads = matches!(route.handler, Handler::Read(_));
    let _caller_left = reads.then(|| gone.clone().drop_guard());
    let owner = Arc::clone(inner);
    let run = inner.runs.spawn(async move {
        match route.handler {
            Handler::Read(handler) => tokio::select! {
                biased;
                () = gone.cancelled() => Err(failure(&timed_out("the caller left; the run"), CommitState::NotBegun, None)),
                reply = read(&owner, handler.as_ref(), context, &inbound, deadline) => reply,
            },
            Handler::Write(handler) => write(&owner, handler.as_ref(), context, &inbound, deadline).await,
            Handler::Stream(handler) => stream(&owner, handler.as_ref(), context, inbound, deadline).await,
        }
    });
    run.await.unwrap_or_else(|_| Err(unknown_panic()))
}

async fn read(
    inner: &Arc<Inner>,
    handler: &dyn ReadHandler,
    context: Context,
    inbound: &Inbound,
    deadline: Instant,
) -> Result<Reply, Failure> {
    let mut reader = Reader::new(context);
    let ended = guarded::run(async { handler.call(&mut reader, inbound).await }, deadline).await;
    let commit = if reader.begun() {
        CommitState::RolledBack
    } else {
        CommitState::NotBegun
    };
    let called = reader.unrepeatable();
    let touches = reader.take_touches();
    reader.finish((&ended).into()).await;
    let reply = answered(ended, commit, called)?;
    inner.context.touches.write(touches);
    Ok(reply)
}

async fn write(
    inner: &Arc<Inner>,
    handler: &dyn WriteHandler,
    context: Context,
    inbound: &Inbound,
    deadline: Instant,
) -> Result<Reply, Failure> {
    let commit_timeout = context.settings.commit_timeout;
    let mut work = Work::new(context);
    let ended = guarded::run(async { handler.call(&mut work, inbound).await }, deadline).await;
    let reply = match ended {
        Ended::Reply(reply) if reply.wants_rollback() => {
            work.roll_back(false).await;
            return Ok(reply);
        }
        Ended::Reply(reply) => reply,
        given_up => {
            let overdue = matches!(given_up, Ended::Overdue);
            let commit = work.overall(if work.begun() {
                CommitState::RolledBack
            } else {
                CommitState::NotBegun
            });
            work.roll_back(overdue).await;
            return answered(given_up, commit, work.unrepeatable());
        }
    };
    let settled = timeout_at(deadline, work.settle())
        .await
        .unwrap_or_else(|_| Err(timed_out("the end of a unit of work")));
    if let Err(fault) = settled {
        work.roll_back(fault.kind == FaultKind::Timeout).await;
        let commit = work.overall(CommitState::RolledBack);
        return Err(failure_of(fault, commit, work.unrepeatable()));
    }
    // Once sent, a commit is waited for beyond the deadline: knowing what happened is worth more than answering in time.
    let committed = timeout(commit_timeout, work.commit()).await;
    let (fault, state) = match committed {
        Ok(Ok(())) => {
            if work.has_announced() {
                inner.deliverer.wake();
            }
            return Ok(reply);
        }
        Ok(Err(failed)) => failed,
        Err(_) => (timed_out("the commit"), CommitState::Unknown),
    };
    Err(failure_of(fault, work.overall(state), work.unrepeatable()))
}

async fn stream(
    inner: &Arc<Inner>,
    handler: &dyn StreamHandler,
    context: Context,
    inbound: Inbound,
    deadline: Instant,
) -> Result<Reply, Failure> {
    let stream = Stream::new(context, inner.deliverer.clone());
    let ended = guarded::run(async { handler.call(stream, inbound).await }, deadline).await;
    // It opens units of work as it likes; what it committed before it failed is not known here.
    answered(ended, CommitState::Unknown, None)
}

fn answered(ended: Ended, commit: CommitState, called: Option<&'static str>) -> Result<Reply, Failure> {
    let fault = match ended {
        Ended::Reply(reply) => return Ok(reply),
        Ended::Fault(fault) => fault,
        Ended::Needs(service) => guarded::needs(service),
        Ended::Overdue => timed_out("a native endpoint"),
        Ended::Panicked => {
            return Err(Failure {
                kind: FailureKind::Panic,
                commit,
                called,
                source: None,
            });
        }
    };
    Err(failure_of(fault, commit, called))
}

fn failure_of(fault: Fault, commit: CommitState, called: Option<&'static str>) -> Failure {
    Failure {
        source: None,
        ..failure(&fault, commit, called)
    }
    .with(fault)
}

fn failure(fault: &Fault, commit: CommitState, called: Option<&'static str>) -> Failure {
    let kind = match fault.kind {
        FaultKind::Saturated => FailureKind::Saturated,
        FaultKind::Timeout => FailureKind::Timeout,
        FaultKind::Database | FaultKind::Locked | FaultKind::Outside | FaultKind::State => FailureKind::Fault,
    };
    Failure {
        kind,
        commit,
        called,
        source: None,
    }
}

/// The kit itself panicked, outside the handler: nobody knows how far it came.
fn unknown_panic() -> Failure {
    Failure {
        kind: FailureKind::Panic,
        commit: CommitState::Unknown,
        called: None,
        source: None,
    }
}

impl Failure {
    fn with(mut self, fault: Fault) -> Self {
        self.source = Some(fault);
        self
    }
}
