//! An HTTP client as small as can be, one keep-alive connection: it shares two cores with the server that it measures.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes of an answer at most.
const ANSWER_BYTES_MAXIMUM: usize = 4 << 20;

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    request: Vec<u8>,
}

/// An answer, borrowed from the connection.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// Whether the body contains these bytes.
    pub(crate) fn contains(&self, text: &str) -> bool {
        memchr::memmem::find(self.body, text.as_bytes()).is_some()
    }
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Client> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, received: Vec::with_capacity(16 << 10), request: Vec::with_capacity(8 << 10) })
    }

    /// Gets a page.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer<'_>> {
        self.request.clear();
        self.request.extend_from_slice(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        self.exchange().await
    }

    /// Gets what may come packed.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn get_packed(&mut self, path: &str) -> anyhow::Result<Answer<'_>> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")).await
    }

    /// Sends a request as it is written.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn send(&mut self, request: &str) -> anyhow::Result<Answer<'_>> {
        self.request.clear();
        self.request.extend_from_slice(request.as_bytes());
        self.exchange().await
    }

    /// Posts a SOAP envelope.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn post(&mut self, path: &str, envelope: &str) -> anyhow::Result<Answer<'_>> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/soap+xml; charset=utf-8\r\n\
             Content-Length: {}\r\n\r\n",
            envelope.len()
        );
        self.request.clear();
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(envelope.as_bytes());
        self.exchange().await
    }

    async fn exchange(&mut self) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(&self.request).await?;
        self.received.clear();
        let head_length = loop {
            if let Some(end) = memchr::memmem::find(&self.received, b"\r\n\r\n") {
                break end + 4;
            }
            self.receive_more().await?;
        };
        let head = std::str::from_utf8(&self.received[..head_length]).context("the answer's head is no text")?;
        let (status, body_length) = read_head(head)?;
        while self.received.len() < head_length + body_length {
            self.receive_more().await?;
        }
        let (head, rest) = self.received.split_at(head_length);
        let head = std::str::from_utf8(head).context("the answer's head is no text")?;
        Ok(Answer { status, head, body: &rest[..body_length] })
    }

    async fn receive_more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the server closed the connection");
        }
        anyhow::ensure!(self.received.len() <= ANSWER_BYTES_MAXIMUM, "the answer is too long");
        Ok(())
    }
}

fn read_head(head: &str) -> anyhow::Result<(u16, usize)> {
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("an answer without a status")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Ok((status, length.context("an answer without a length")?))
}
