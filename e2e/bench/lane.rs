//! One kept-alive connection that sends the same requests again and again, and does as little as can be done about it.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::ops::Range;
use std::pin::Pin;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

/// A connection and its requests.
#[derive(Debug)]
pub(crate) struct Lane {
    stream: TcpStream,
    requests: Vec<Vec<u8>>,
    sent: usize,
    /// How each answer begins.
    status_line: String,
    buffer: Vec<u8>,
}

impl Lane {
    /// Connects. `user` is told apart by sticky keys; `more` are further header lines.
    pub(crate) async fn open(addr: SocketAddr, user: usize, more: &[(&str, &str)]) -> Result<Self> {
        let more: Vec<_> =
            more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::of(addr, vec![request(user, &more)], 200).await
    }

    /// Connects, to send these in turns; all answers have this status.
    pub(crate) async fn of(addr: SocketAddr, requests: Vec<Vec<u8>>, status: u16) -> Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let status_line = format!("HTTP/1.1 {status} ");
        Ok(Self { stream, requests, sent: 0, status_line, buffer: vec![0; BUFFER] })
    }

    /// Sends the next request and returns the body of the answer.
    pub(crate) async fn exchange(&mut self) -> Result<&[u8]> {
        self.send_next().await?;
        self.receive_good().await
    }

    /// The same with another request than its own.
    pub(crate) async fn exchange_this(&mut self, request: &[u8]) -> Result<&[u8]> {
        send(&self.stream, request).await?;
        self.receive_good().await
    }

    async fn receive_good(&mut self) -> Result<&[u8]> {
        let body = self.receive_answer().await?;
        if !self.buffer.starts_with(self.status_line.as_bytes()) {
            return Err(Error::other(String::from_utf8_lossy(&self.buffer[..body.start]).into_owned()));
        }
        Ok(&self.buffer[body])
    }

    /// The same whatever the status is: that, and the body.
    pub(crate) async fn ask(&mut self) -> Result<(u16, &[u8])> {
        self.send_next().await?;
        let body = self.receive_answer().await?;
        // `HTTP/1.1 200 OK`
        let status = str::from_utf8(&self.buffer[9..12]).ok().and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Error::other("an answer without a status"))?;
        Ok((status, &self.buffer[body]))
    }

    async fn send_next(&mut self) -> Result<()> {
        send(&self.stream, &self.requests[self.sent % self.requests.len()]).await?;
        self.sent += 1;
        Ok(())
    }

    async fn receive_answer(&mut self) -> Result<Range<usize>> {
        let mut filled = 0;
        loop {
            filled += self.receive(filled).await?;
            if let Some(body) = body(&self.buffer[..filled])? {
                return Ok(body..filled);
            }
        }
    }

    /// `poll_read` instead of `try_read`: after a short read it knows that the socket is empty, and saves a system call.
    async fn receive(&mut self, filled: usize) -> Result<usize> {
        let mut buffer = ReadBuf::new(&mut self.buffer[filled..]);
        poll_fn(|context| Pin::new(&mut self.stream).poll_read(context, &mut buffer)).await?;
        match buffer.filled().len() {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            received => Ok(received),
        }
    }
}

async fn send(stream: &TcpStream, mut rest: &[u8]) -> Result<()> {
    while !rest.is_empty() {
        match stream.try_write(rest) {
            Ok(sent) => rest = &rest[sent..],
            Err(e) if e.kind() == ErrorKind::WouldBlock => stream.writable().await?,
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Where the body begins, once all of it is there.
pub(crate) fn body(received: &[u8]) -> Result<Option<usize>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = str::from_utf8(&received[..end]).map_err(Error::other)?;
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    let length: usize =
        length.and_then(|length| length.parse().ok()).ok_or_else(|| Error::other(head.to_owned()))?;
    let body = end + 4;
    Ok((received.len() >= body + length).then_some(body))
}

/// As a browser's script would send it behind a gateway that traces. A user among `more` is the only one.
pub(crate) fn request(user: usize, more: &[(String, String)]) -> Vec<u8> {
    let mut text = "GET /shop/items/4711?color=red HTTP/1.1\r\n\
         host: shop.example.com\r\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         accept: application/json\r\n\
         accept-encoding: gzip, deflate, br\r\n\
         cookie: theme=dark; session=6f1d2c9e0b7a4c55\r\n\
         traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\
         x-request-id: 1b4e28ba-2fa1-41d2-883f-0016d3cca427\r\n"
        .to_owned();
    if more.iter().all(|(name, _)| name != "x-user-id") {
        text += &format!("x-user-id: user-{user}\r\n");
    }
    for (name, value) in more {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    text.into_bytes()
}

/// Answers here are shorter.
pub(crate) const BUFFER: usize = 8 * 1024;
