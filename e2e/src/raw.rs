//! One request as bytes over a fresh TCP connection, for what an HTTP library refuses to send.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came back: the status line's code, the head as it was, the body without chunk framing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAnswer {
    /// `0` when the peer closed without an answer.
    pub status: u16,
    /// Status line and header lines.
    pub head: Vec<u8>,
    /// The body, as far as it came.
    pub body: Vec<u8>,
}

/// Sends the bytes and reads one answer.
///
/// # Errors
/// When the connection fails or the peer stays silent for ten seconds.
pub async fn exchange(addr: SocketAddr, request: &[u8]) -> io::Result<RawAnswer> {
    let request = request.to_vec();
    tokio::task::spawn_blocking(move || exchange_blocking(addr, &request)).await?
}

/// The same for places that cannot wait, as a `Drop` during a panic.
pub(crate) fn exchange_blocking(addr: SocketAddr, request: &[u8]) -> io::Result<RawAnswer> {
    let mut stream = TcpStream::connect_timeout(&addr, SILENCE)?;
    stream.set_read_timeout(Some(SILENCE))?;
    // A peer that refuses a request early may close before it has read all of it, and still have answered.
    let sent = stream.write_all(request);
    let mut received = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some((answer, _)) = parse(&received, false, false) {
            return Ok(answer);
        }
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => received.extend_from_slice(&buffer[..n]),
            Err(e) if received.is_empty() && e.kind() != io::ErrorKind::ConnectionReset => return Err(e),
            Err(_) => break,
        }
    }
    if received.is_empty() {
        sent?;
    }
    let answer = parse(&received, false, true).map(|(answer, _)| answer);
    Ok(answer.unwrap_or(RawAnswer { status: 0, head: Vec::new(), body: received }))
}

/// The first answer in these bytes and how many of them it takes, once it is complete; at the end of the stream, what there
/// is of it.
///
/// * `bodiless`: whatever its head says of a body, none comes, as after `HEAD`.
pub(crate) fn parse(received: &[u8], bodiless: bool, ended: bool) -> Option<(RawAnswer, usize)> {
    let end = received.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let (head, rest) = received.split_at(end);
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    if (100..200).contains(&status) && status != 101 {
        // An interim answer: the one that counts follows (RFC 9110 section 15.2).
        return parse(rest, bodiless, ended).map(|(answer, taken)| (answer, end + taken));
    }
    let field = |name: &str| text.lines().find_map(|l| l.strip_prefix(name).map(|v| v.trim().to_owned()));
    let (body, taken) = if bodiless || status == 101 || status == 204 || status == 304 {
        (Vec::new(), 0)
    } else if field("transfer-encoding:").is_some_and(|v| v.contains("chunked")) {
        let (body, taken) = dechunk(rest);
        (body, taken.or(ended.then_some(rest.len()))?)
    } else if let Some(length) = field("content-length:").and_then(|v| v.parse::<usize>().ok()) {
        let there = length.min(rest.len());
        (there == length || ended).then(|| (rest[..there].to_vec(), there))?
    } else {
        ended.then(|| (rest.to_vec(), rest.len()))?
    };
    Some((RawAnswer { status, head: head.to_vec(), body }, end + taken))
}

/// The body inside the chunks (RFC 9112 section 7.1), and how many bytes they take if their end was seen.
fn dechunk(all: &[u8]) -> (Vec<u8>, Option<usize>) {
    let (mut body, mut rest) = (Vec::new(), all);
    while let Some(line_end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = String::from_utf8_lossy(&rest[..line_end]);
        let size = size.split(';').next().and_then(|s| usize::from_str_radix(s.trim(), 16).ok());
        let Some(size) = size else { break };
        let data = &rest[line_end + 2..];
        if size == 0 {
            // Envoy sends no trailers here: an empty line ends it.
            return (body, data.starts_with(b"\r\n").then(|| all.len() - data.len() + 2));
        }
        if data.len() < size + 2 {
            break;
        }
        body.extend_from_slice(&data[..size]);
        rest = &data[size + 2..];
    }
    (body, None)
}

const SILENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_answer() {
        for (name, bytes, ended, want) in [
            ("no head yet", "HTTP/1.1 200 OK\r\n", false, None),
            ("length not reached", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", false, None),
            ("length reached", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, Some("abc")),
            ("ended early", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", true, Some("ab")),
            ("until the end", "HTTP/1.1 200 OK\r\n\r\nab", true, Some("ab")),
            ("half a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab", false, None),
            (
                "chunks",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
                false,
                Some("abc"),
            ),
            (
                "one before it",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
                false,
                Some(""),
            ),
            ("no body", "HTTP/1.1 304 Not Modified\r\n\r\n", false, Some("")),
        ] {
            let answer = parse(bytes.as_bytes(), false, ended);
            let taken = answer.as_ref().map(|(_, taken)| *taken);
            assert_eq!(answer.map(|(a, _)| a.body), want.map(|w| w.as_bytes().to_vec()), "{name}");
            assert!(taken.is_none_or(|taken| taken == bytes.len()), "{name}");
        }
    }
}
