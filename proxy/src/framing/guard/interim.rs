//! Interim answers between two answers of the server, which itself writes none.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Guarded;

impl<S: AsyncRead + AsyncWrite + Unpin> Guarded<S> {
    /// Writes the interim answers that wait. Not before the server has written all that it had: what it is in the middle of is
    /// the answer before.
    pub(super) fn poll_interim(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.interim.is_empty() {
            let Some(waiting) = self.link.take_interim() else {
                return Poll::Ready(Ok(()));
            };
            self.interim = waiting;
        }
        while !self.interim.is_empty() {
            let written = Pin::new(&mut self.io).poll_write(context, &self.interim);
            match ready!(self.took(written, context))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.interim.advance(count),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Has the client told that its body is wanted. There is room for that: it comes before every other interim answer.
    pub(in crate::framing) fn say_continue(&self) {
        let _ = self.link.pass_interim(b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    /// What has to be written before the server writes on.
    pub(in crate::framing) fn poll_before_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.link.is_flushed() || !self.interim.is_empty() {
            return self.poll_interim(context);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, DuplexStream};

    use super::super::super::head::HeadLimits;
    use super::super::super::link::Link;
    use super::super::super::reader::Reader;
    use super::*;
    use crate::framing::ClientPatience;

    /// A connection whose client takes `room` bytes before it has to read.
    fn connection(room: usize) -> (Guarded<DuplexStream>, Arc<Link>, DuplexStream) {
        let (ours, client) = tokio::io::duplex(room);
        let link = Arc::new(Link::default());
        let limits = HeadLimits {
            uri_bytes: 100,
            headers: 10,
            head_bytes: 1000,
        };
        let long = Duration::from_secs(3600);
        let patience = ClientPatience {
            head: long,
            idle: long,
            body: long,
            bytes_per_second: 1,
            write: long,
        };
        let guarded = Guarded::new(ours, Reader::new(limits), patience, Arc::clone(&link));
        (guarded, link, client)
    }

    fn write(guarded: &mut Guarded<DuplexStream>, bytes: &[u8]) -> Poll<usize> {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(guarded).poll_write(&mut context, bytes).map(Result::unwrap)
    }

    fn flush(guarded: &mut Guarded<DuplexStream>) -> Poll<()> {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(guarded).poll_flush(&mut context).map(Result::unwrap)
    }

    /// All that the client gets of `answer` and what goes out before it.
    async fn received(
        guarded: &mut Guarded<DuplexStream>,
        client: &mut DuplexStream,
        mut answer: &[u8],
        all: usize,
    ) -> String {
        let mut received = Vec::new();
        while received.len() < all {
            if let Poll::Ready(count) = write(guarded, answer) {
                answer = &answer[count..];
            }
            let mut piece = [0; 3];
            let count = client.read(&mut piece).await.unwrap();
            received.extend_from_slice(&piece[..count]);
        }
        String::from_utf8(received).unwrap()
    }

    #[tokio::test]
    async fn what_waits_goes_out_whole_before_the_answer() {
        let (mut guarded, link, mut client) = connection(4);
        assert!(link.pass_interim(b"first,") && link.pass_interim(b"second,"));
        assert!(flush(&mut guarded).is_pending() && !guarded.is_idle());
        link.decide(1, false);
        let all = "first,second,answer";
        assert_eq!(received(&mut guarded, &mut client, b"answer", all.len()).await, all);
        assert!(flush(&mut guarded).is_ready());
        assert_eq!(link.late(), 0);
    }

    #[tokio::test]
    async fn what_comes_together_with_the_answer_goes_out_before_it() {
        let (mut guarded, link, mut client) = connection(4);
        assert!(link.pass_interim(b"hint,"));
        link.decide(1, false);
        assert_eq!(received(&mut guarded, &mut client, b"answer", 11).await, "hint,answer");
    }

    #[tokio::test]
    async fn behind_an_earlier_answer_it_waits_for_its_turn() {
        let (mut guarded, link, mut client) = connection(4);
        assert_eq!(write(&mut guarded, b"earlier"), Poll::Ready(4));
        assert!(link.pass_interim(b"hint"));
        let rest = received(&mut guarded, &mut client, b"ier", 7).await;
        assert_eq!(rest, "earlier");
        assert!(flush(&mut guarded).is_ready());
        client.read_exact(&mut [0; 4]).await.unwrap();
        assert_eq!(link.late(), 0);
    }

    #[tokio::test]
    async fn an_answer_that_is_there_while_the_earlier_one_is_not_taken_has_lost_its_hint() {
        let (mut guarded, link, mut client) = connection(4);
        assert_eq!(write(&mut guarded, b"earlier"), Poll::Ready(4));
        assert!(link.pass_interim(b"hint"));
        link.decide(2, false);
        assert_eq!(
            received(&mut guarded, &mut client, b"ier,answer", 14).await,
            "earlier,answer"
        );
        assert_eq!(link.late(), 1);
    }

    #[test]
    fn a_client_that_takes_nothing_gets_no_more_than_there_is_room_for() {
        let link = Link::default();
        let piece = [0; 10_000];
        assert!(link.pass_interim(&piece) && !link.pass_interim(&piece));
    }
}
