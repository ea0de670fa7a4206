//! After a 101 both sides speak a protocol of their own, and bytes pass in both directions until one side ends.

use std::rc::Rc;
use std::time::Duration;

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::time::timeout;

use crate::body::Body;
use crate::core::Core;
use crate::error::{ErrorKind, ProxyError};
use crate::exchange::{Answered, Notable};
use crate::upstream::{Source, forwardable_response};

/// Bytes held for each direction.
const BUFFER_BYTES: usize = 8 * 1024;

/// Passes the 101 on and joins the two connections once both are free.
pub(super) fn switch(core: &Rc<Core>, client: OnUpgrade, response: Response<()>, source: Source) -> Answered {
    let Source::Task(incoming) = source else {
        return Err(ProxyError::legacy(
            ErrorKind::BrokenAnswer,
            "101 on a connection that cannot leave HTTP",
        ));
    };
    let mut response = response.map(|()| incoming);
    let legacy = hyper::upgrade::on(&mut response);
    let idle = core.config.timeouts.tunnel_idle;
    let open = core.metrics.tunnel();
    let drain = core.drain.clone();
    core.tasks.spawn(async move {
        let joined = async {
            let (client, legacy) = tokio::try_join!(client, legacy)?;
            join(TokioIo::new(client), TokioIo::new(legacy), idle).await;
            Ok::<(), hyper::Error>(())
        };
        tokio::select! {
            outcome = joined => if let Err(error) = outcome {
                tracing::debug!(%error, "an upgrade was not completed");
            },
            () = drain.cancelled() => {}
        }
        drop(open);
    });
    let protocol = response.headers().get(UPGRADE).cloned();
    let (mut parts, _) = response.into_parts();
    let notable = Notable::of(&parts.headers);
    forwardable_response(&mut parts.headers, notable);
    if let Some(protocol) = protocol {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(UPGRADE, protocol);
    }
    Ok(Response::from_parts(parts, Body::Empty))
}

/// Copies both ways; half-closed sockets stay half-closed, and a direction that stalls ends when both are idle.
async fn join(client: impl AsyncRead + AsyncWrite, legacy: impl AsyncRead + AsyncWrite, idle: Duration) {
    let (client_reads, client_writes) = split(client);
    let (legacy_reads, legacy_writes) = split(legacy);
    tokio::join!(
        copy(client_reads, legacy_writes, idle),
        copy(legacy_reads, client_writes, idle)
    );
}

async fn copy(from: impl AsyncRead, to: impl AsyncWrite, idle: Duration) {
    let mut from = std::pin::pin!(from);
    let mut to = std::pin::pin!(to);
    let mut buffer = vec![0; BUFFER_BYTES];
    while let Ok(Ok(read)) = timeout(idle, from.read(&mut buffer)).await {
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        if !matches!(timeout(idle, to.write_all(bytes)).await, Ok(Ok(()))) {
            break;
        }
    }
    // The other side may be gone already; there is nobody to tell.
    to.shutdown().await.ok();
}
