//! One request after the other: a head is awaited, answered, and its answer is sent, while somebody is there to read it.

use std::cell::RefCell;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::{Method, Request, Response};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::WaitForCancellationFuture;

use super::answer::{self, Asked};
use super::head::Head;
use super::input::{Found, Input};
use super::output::{Broken, Output};
use super::{Left, Served};
use crate::body::Body;
use crate::core::Core;
use crate::exchange::{Exchange, Step};
use crate::framing::Refusal;

/// What comes next on a connection.
enum Next {
    Head(Found),
    /// Nothing, for a while.
    Idle,
    /// Nothing any more.
    Ended,
}

/// Waits for the next head.
struct Waiting<'a, 'core> {
    drain: Pin<&'a mut WaitForCancellationFuture<'core>>,
    /// Whether the task will be woken when it begins.
    arranged: bool,
    /// Runs once the drain has begun.
    drained: Option<Pin<Box<Sleep>>>,
}

/// Answers requests until there are none for a while.
pub(super) async fn serve<S: Step>(served: &Served<'_, S>) -> Left {
    let input = Rc::new(RefCell::new(Input::new(served.socket.clone())));
    let mut output = Output::new(served.socket.clone());
    let drain = std::pin::pin!(served.connection.core.drain.cancelled());
    let mut waiting = Waiting {
        drain,
        arranged: false,
        drained: None,
    };
    // One for all requests of a connection that is awake: its memory is used again.
    let mut exchange = Exchange::from(Request::default());
    loop {
        let next = poll_fn(|context| waiting.poll(served, &input, &mut exchange.request, context)).await;
        let head = match next {
            Next::Head(found) => found.unwrap_or_else(|_| unreadable(&mut exchange.request)),
            Next::Idle => return Left::Idle,
            Next::Ended => break,
        };
        if head.upgrade {
            let rest = input.borrow_mut().take_unread();
            return match served.socket.unread(&[head.raw, rest]) {
                Ok(()) => Left::Upgrade,
                Err(_) => Left::Ended,
            };
        }
        match answer_one(served, head, &mut exchange, &input, &mut output).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::debug!(%error, "client connection ended");
                return Left::Ended;
            }
        }
    }
    served.close().await;
    Left::Ended
}

/// Stands for a head that has passed the reader and is none to us; its answer ends the connection.
fn unreadable(request: &mut Request<Body>) -> Head {
    *request = Request::default();
    request.extensions_mut().insert::<Refusal>(Refusal::Target);
    let mut head = Head::begin();
    head.keeps_alive = false;
    head
}

impl Waiting<'_, '_> {
    fn poll<S>(
        &mut self,
        served: &Served<'_, S>,
        input: &RefCell<Input>,
        request: &mut Request<Body>,
        context: &mut Context<'_>,
    ) -> Poll<Next> {
        let mut input = input.borrow_mut();
        match input.poll_head(context, request) {
            Poll::Ready(Ok(Some(found))) => {
                return Poll::Ready(Next::Head(found));
            }
            Poll::Ready(Ok(None)) => return Poll::Ready(Next::Ended),
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, "client connection ended");
                return Poll::Ready(Next::Ended);
            }
            Poll::Pending => {}
        }
        if self.drained.is_none() && self.is_draining(&served.connection.core, context) {
            // A request may be on its way: it is answered, with the word that it was the last one here.
            let limit = served.connection.core.config.timeouts.drain_idle;
            self.drained = Some(Box::pin(sleep(limit)));
        }
        if let Some(drained) = &mut self.drained {
            ready!(drained.as_mut().poll(context));
            return Poll::Ready(Next::Ended);
        }
        if input.is_empty() && served.socket.is_drowsy() {
            return Poll::Ready(Next::Idle);
        }
        Poll::Pending
    }

    /// Whether the drain has begun; this task is woken when it does. Once that is arranged, a look at the token is enough.
    fn is_draining(&mut self, core: &Core, context: &mut Context<'_>) -> bool {
        if self.arranged {
            return core.is_draining();
        }
        self.arranged = true;
        self.drain.as_mut().poll(context).is_ready()
    }
}

/// Answers one request. Whether another may follow.
async fn answer_one<S: Step>(
    served: &Served<'_, S>,
    head: Head,
    exchange: &mut Exchange,
    input: &Rc<RefCell<Input>>,
    output: &mut Output,
) -> Result<bool, Broken> {
    let asked = Asked {
        bodiless: *exchange.request.method() == Method::HEAD,
        http_10: head.http_10,
        trailers: head.trailers,
        keeps_alive: head.keeps_alive,
    };
    if !head.body.is_over() {
        *exchange.request.body_mut() = Body::Client(Input::begin(input, head.body, head.expects));
    }
    exchange.facts.notable = head.notable;
    let turn = served.begin(exchange);
    let mut response = answered(served, exchange, input, output).await?;
    served.watch.decide(&turn, response.status());
    input.borrow_mut().set_answered();
    let (mut framing, keeps_alive) = answer::encode(&response, &exchange.said, &asked, output.text());
    poll_fn(|context| {
        let mut gone = |context: &mut Context<'_>| input.borrow_mut().poll_gone(context);
        output.poll_body(context, response.body_mut(), &mut framing, &mut gone)
    })
    .await?;
    // The next request needs such a map too.
    std::mem::swap(exchange.request.headers_mut(), response.headers_mut());
    exchange.request.headers_mut().clear();
    drop(response);
    drop(turn);
    let finished = poll_fn(|context| Poll::Ready(input.borrow_mut().poll_finish(context))).await;
    Ok(keeps_alive && finished)
}

/// Waits for the answer, as long as somebody waits for it with us.
async fn answered<S: Step>(
    served: &Served<'_, S>,
    exchange: &mut Exchange,
    input: &RefCell<Input>,
    output: &Output,
) -> Result<Response<Body>, Broken> {
    let mut answering = std::pin::pin!(served.answer(exchange));
    poll_fn(|context| {
        if let Poll::Ready(response) = answering.as_mut().poll(context) {
            return Poll::Ready(Ok(response));
        }
        if let Poll::Ready(Err(error)) = output.poll_interim(context) {
            return Poll::Ready(Err(error.into()));
        }
        ready!(input.borrow_mut().poll_gone(context));
        Poll::Ready(Err(Broken::Gone))
    })
    .await
}
