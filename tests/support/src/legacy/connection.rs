//! One connection: requests in, scripted answers out, by hand.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::request::KEPT_BODY;
use super::{Answer, Request, Script, lock};

/// A head that is longer is no head.
const LONGEST_HEAD: usize = 256 * 1024;
/// How much is read or written at once.
const PIECE: usize = 64 * 1024;

/// Serves until it is aborted, and its connections with it.
pub(super) async fn accept(listener: TcpListener, script: Arc<Script>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        *lock(&script.connections) += 1;
        // A broken connection is what many tests want; it ends and leaves what it recorded.
        connections.spawn(serve(stream, Arc::clone(&script)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, script: Arc<Script>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::with_capacity(PIECE, reader);
    while let Some(raw_head) = read_head(&mut reader).await? {
        let request = Request::parse(raw_head);
        let index = {
            let mut requests = lock(&script.requests);
            requests.push(request.clone());
            requests.len() - 1
        };
        let answer = script.answer_to(&request);
        if request
            .header("expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
        {
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let mut recorder = Recorder { script: &script, index };
        recorder.read_body(&request, &mut reader).await?;
        let goes_on = send(answer, &recorder.request(), &mut writer).await?;
        if !goes_on
            || request
                .header("connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("close"))
        {
            break;
        }
    }
    Ok(())
}

/// `None` when the client has gone.
async fn read_head(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).await? == 0 || head.len() > LONGEST_HEAD {
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

/// Writes the body into the record while it arrives.
struct Recorder<'s> {
    script: &'s Script,
    index: usize,
}

impl Recorder<'_> {
    fn request(&self) -> Request {
        lock(&self.script.requests)[self.index].clone()
    }

    async fn read_body(&mut self, request: &Request, reader: &mut BufReader<OwnedReadHalf>) -> io::Result<()> {
        if request
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            self.read_chunks(reader).await?;
        } else {
            let length = request
                .header("content-length")
                .and_then(|value| value.parse().ok())
                .unwrap_or(0);
            self.read_exactly(length, reader).await?;
        }
        lock(&self.script.requests)[self.index].complete = true;
        Ok(())
    }

    async fn read_chunks(&mut self, reader: &mut BufReader<OwnedReadHalf>) -> io::Result<()> {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).await?;
            let size = line.trim().split(';').next().unwrap_or_default();
            let size =
                u64::from_str_radix(size, 16).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.read_exactly(size, reader).await?;
            // The line end after a chunk, or after the last one the empty line that ends the trailers.
            let mut end = String::new();
            while reader.read_line(&mut end).await? > 2 && size == 0 {
                end.clear();
            }
            if size == 0 {
                return Ok(());
            }
        }
    }

    async fn read_exactly(&mut self, mut rest: u64, reader: &mut BufReader<OwnedReadHalf>) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        while rest > 0 {
            let wanted = usize::try_from(rest).unwrap_or(PIECE).min(PIECE);
            let read = reader.read(&mut piece[..wanted]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            rest -= read as u64;
            let mut requests = lock(&self.script.requests);
            let record = &mut requests[self.index];
            record.body_length += read as u64;
            let room = KEPT_BODY.saturating_sub(record.body.len());
            record.body.extend_from_slice(&piece[..read.min(room)]);
        }
        Ok(())
    }
}

/// Whether the connection can take another request.
async fn send(answer: Answer, request: &Request, writer: &mut OwnedWriteHalf) -> io::Result<bool> {
    match answer {
        Answer::Reply { status, headers, body } => reply(status, &headers, &body, request, writer).await?,
        Answer::Zeros(length) => zeros(length, writer).await?,
        Answer::Count => {
            Box::pin(send(
                Answer::text(200, &request.body_length.to_string()),
                request,
                writer,
            ))
            .await?;
        }
        Answer::Chunked(content_type, chunks) => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n");
            writer.write_all(head.as_bytes()).await?;
            let mut chunks = chunks.0.lock().await;
            let sent = send_chunks(&mut chunks, writer).await;
            // The test sees by its end of the channel that nobody takes chunks any more.
            chunks.close();
            sent?;
        }
        Answer::After(time, answer) => {
            tokio::time::sleep(time).await;
            return Box::pin(send(*answer, request, writer)).await;
        }
        Answer::By(decide) => return Box::pin(send(decide(request), request, writer)).await,
        Answer::Stall => std::future::pending().await,
        Answer::Cut => return Ok(false),
        Answer::Raw(bytes) => {
            writer.write_all(&bytes).await?;
            return Ok(false);
        }
        Answer::RawThenStall(bytes) => {
            writer.write_all(&bytes).await?;
            std::future::pending().await
        }
    }
    Ok(true)
}

async fn reply(
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
    request: &Request,
    writer: &mut OwnedWriteHalf,
) -> io::Result<()> {
    let mut message = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in headers {
        message.push_str(&format!("{name}: {value}\r\n"));
    }
    let bodiless = status == 204 || status == 304;
    if !bodiless
        && !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-length"))
    {
        message.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    message.push_str("\r\n");
    let mut bytes = message.into_bytes();
    if !bodiless && request.method != "HEAD" {
        bytes.extend_from_slice(body);
    }
    writer.write_all(&bytes).await
}

async fn zeros(length: u64, writer: &mut OwnedWriteHalf) -> io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n");
    writer.write_all(head.as_bytes()).await?;
    let piece = vec![0; PIECE];
    let mut rest = length;
    while rest > 0 {
        let size = usize::try_from(rest).unwrap_or(PIECE).min(PIECE);
        writer.write_all(&piece[..size]).await?;
        rest -= size as u64;
    }
    Ok(())
}
async fn send_chunks(
    chunks: &mut tokio::sync::mpsc::Receiver<Vec<u8>>,
    writer: &mut (impl tokio::io::AsyncWrite + Unpin),
) -> std::io::Result<()> {
    while let Some(chunk) = chunks.recv().await {
        writer.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
        writer.write_all(&chunk).await?;
        writer.write_all(b"\r\n").await?;
    }
    writer.write_all(b"0\r\n\r\n").await
}
