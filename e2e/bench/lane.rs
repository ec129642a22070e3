//! One kept-alive connection that sends the same bytes again and again, and does as little as can be done about it.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

/// A connection and its request.
#[derive(Debug)]
pub(crate) struct Lane {
    stream: TcpStream,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

impl Lane {
    /// Connects. `user` is told apart by sticky keys; `more` are further header lines.
    pub(crate) async fn open(addr: SocketAddr, user: usize, more: &[(&str, &str)]) -> Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: request(user, more), buffer: vec![0; BUFFER] })
    }

    /// Sends the request and returns the body of the answer, which must be a 200.
    pub(crate) async fn exchange(&mut self) -> Result<&[u8]> {
        self.send().await?;
        let mut filled = 0;
        let body = loop {
            filled += self.receive(filled).await?;
            if let Some(body) = body(&self.buffer[..filled])? {
                break body;
            }
        };
        Ok(&self.buffer[body..filled])
    }

    async fn send(&self) -> Result<()> {
        let mut rest = self.request.as_slice();
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(sent) => rest = &rest[sent..],
                Err(e) if e.kind() == ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(e) => return Err(e),
            }
        }
        Ok(())
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

/// Where the body begins, once all of it is there.
fn body(received: &[u8]) -> Result<Option<usize>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = str::from_utf8(&received[..end]).map_err(Error::other)?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(Error::other(head.to_owned()));
    }
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    let length: usize =
        length.and_then(|length| length.parse().ok()).ok_or_else(|| Error::other(head.to_owned()))?;
    let body = end + 4;
    Ok((received.len() >= body + length).then_some(body))
}

/// As a browser's script would send it behind a gateway that traces.
fn request(user: usize, more: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!(
        "GET /shop/items/4711?color=red HTTP/1.1\r\n\
         host: shop.example.com\r\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         accept: application/json\r\n\
         accept-encoding: gzip, deflate, br\r\n\
         cookie: theme=dark; session=6f1d2c9e0b7a4c55\r\n\
         traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\
         x-request-id: 1b4e28ba-2fa1-41d2-883f-0016d3cca427\r\n\
         x-user-id: user-{user}\r\n"
    );
    for (name, value) in more {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    text.into_bytes()
}

const BUFFER: usize = 8 * 1024;
