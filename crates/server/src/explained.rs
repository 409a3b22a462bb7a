//! What hyper refuses by itself: heads that are no HTTP, or too much of it. No service sees those, and
//! hyper answers with a status alone; here its answer gets the id and the body that all others have.
//!
//! hyper lets nobody say what it answers, so its answers are found where they are written: by their
//! status, and since they have no `X-Request-Id`, which ours always have. What it writes behind an answer
//! that its client has not read yet stays as it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wire::Code;

use crate::app::App;
use crate::context::{HEADER_BYTES_MAX, unheard};
use crate::refusal::Refusal;
use crate::serve::HEADER_LINES_MAX;

/// A stream whose client is told why it is refused.
pub(crate) struct Explained<S, E> {
    stream: S,
    /// What is said instead of an answer of hyper's own.
    explain: E,
    /// What is left to be written of it.
    instead: Vec<u8>,
}

impl<S, E> Explained<S, E>
where
    S: AsyncWrite + Unpin,
    E: Fn(Refused<'_>) -> Vec<u8>,
{
    /// A stream on which nothing was written yet.
    pub(crate) const fn new(stream: S, explain: E) -> Self {
        Self { stream, explain, instead: Vec::new() }
    }

    /// Whether these bytes are hyper's own answer; then something else was written once it is ready.
    fn takes_over(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        // What was begun is asked for again with the same bytes until all of it is out.
        if self.instead.is_empty() {
            let Some(refused) = refused(bytes) else { return Poll::Ready(Ok(false)) };
            self.instead = (self.explain)(refused);
        }
        while !self.instead.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.instead))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.instead.drain(..written);
        }
        Poll::Ready(Ok(true))
    }
}

/// An answer of hyper's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused<'a> {
    code: Code,
    /// The line that says when.
    date: Option<&'a str>,
}

/// The answer of hyper's own that these bytes are.
fn refused(bytes: &[u8]) -> Option<Refused<'_>> {
    let code = match bytes.strip_prefix(b"HTTP/1.")?.get(1..5)? {
        b" 400" => Code::InvalidRequest,
        b" 414" | b" 431" => Code::HeadersTooLarge,
        _ => return None,
    };
    let head = str::from_utf8(bytes.strip_suffix(b"\r\n\r\n")?).ok()?;
    let mut date = None;
    for line in head.split("\r\n") {
        if line.starts_with("x-request-id:") {
            return None;
        }
        if line.starts_with("date:") {
            date = Some(line);
        }
    }
    Some(Refused { code, date })
}

/// What is answered instead, as it goes out.
pub(crate) fn explanation(app: &App, refused: Refused<'_>) -> Vec<u8> {
    let detail = if refused.code == Code::HeadersTooLarge {
        format!("The headers have more than {HEADER_BYTES_MAX} bytes or {HEADER_LINES_MAX} lines.")
    } else {
        "The head of the request is not HTTP/1.1 as RFC 9112 has it.".to_owned()
    };
    let response = unheard(app, Refusal::new(refused.code, detail));
    let (head, body) = response.into_parts();
    // The bytes are there already.
    let body = body.collect().now_or_never().and_then(Result::ok).unwrap_or_default().to_bytes();
    let mut out = format!("HTTP/1.1 {}\r\n", head.status).into_bytes();
    for (name, value) in &head.headers {
        line(&mut out, name.as_str(), value.as_bytes());
    }
    line(&mut out, "content-length", body.len().to_string().as_bytes());
    line(&mut out, "connection", b"close");
    if let Some(date) = refused.date {
        out.extend_from_slice(date.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&body);
    out
}

fn line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

impl<S: AsyncRead + Unpin, E: Unpin> AsyncRead for Explained<S, E> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S, E> AsyncWrite for Explained<S, E>
where
    S: AsyncWrite + Unpin,
    E: Fn(Refused<'_>) -> Vec<u8> + Unpin,
{
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if ready!(self.takes_over(bytes, cx))? {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // An answer of hyper's own is one slice, and nothing follows it.
        let first = slices.iter().find(|slice| !slice.is_empty());
        if let Some(first) = first
            && ready!(self.takes_over(first, cx))?
        {
            return Poll::Ready(Ok(first.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn hyper_s_own_answers_are_told_from_ours() {
        let its = |status: &str, line: &str| {
            format!("HTTP/1.1 {status}\r\n{line}content-length: 0\r\ndate: now\r\n\r\n")
        };
        let found = |text: String| refused(text.as_bytes()).map(|refused| refused.code);
        let too_large = Some(Code::HeadersTooLarge);
        assert_eq!(found(its("400 Bad Request", "")), Some(Code::InvalidRequest));
        assert_eq!(found(its("414 URI Too Long", "")), too_large);
        assert_eq!(found(its("431 Request Header Fields Too Large", "")), too_large);
        assert_eq!(found(its("431 X", "").replace("HTTP/1.1", "HTTP/1.0")), too_large);
        let date = its("400 Bad Request", "");
        assert_eq!(refused(date.as_bytes()).and_then(|refused| refused.date), Some("date: now"));
        assert_eq!(found(its("400 Bad Request", "x-request-id: req_1\r\n")), None);
        assert_eq!(found(its("409 Conflict", "")), None);
        assert_eq!(found("HTTP/1.1 400".to_owned()), None);
        assert_eq!(found(String::new()), None);
    }

    #[tokio::test]
    async fn a_client_that_reads_little_gets_the_whole_explanation_once() {
        let (mut client, server) = tokio::io::duplex(7);
        let told = "why it is refused";
        let mut stream = Explained::new(server, |_refused| told.as_bytes().to_vec());
        let answers = async {
            let ours = "HTTP/1.1 400 Bad Request\r\nx-request-id: req_1\r\n\r\n";
            stream.write_all(ours.as_bytes()).await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\ndate: now\r\n\r\n").await.unwrap();
            stream.shutdown().await.unwrap();
            ours
        };
        let mut read = String::new();
        let (ours, _read) = tokio::join!(answers, client.read_to_string(&mut read));
        assert_eq!(read, format!("{ours}{told}"));
    }
}
