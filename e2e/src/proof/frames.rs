//! One connection of HTTP/2 (RFC 9113) that takes any bytes in header fields, made of bare frames. It asks for answers
//! without a table of headers, so that a status can be read without one.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::shape::Shape;
use crate::raw::RawAnswer;

/// An open connection.
pub(crate) struct Frames {
    stream: TcpStream,
    received: Vec<u8>,
    next: u32,
}

/// What became of a stream.
#[derive(Debug, Clone, Default)]
struct Stream {
    status: u16,
    body: Vec<u8>,
    /// `Some(true)`: answered, `Some(false)`: reset.
    ended: Option<bool>,
}

impl Frames {
    pub(crate) async fn open(addr: SocketAddr) -> io::Result<Self> {
        let mut stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        // HEADER_TABLE_SIZE 0, ENABLE_PUSH 0, INITIAL_WINDOW_SIZE 2^30.
        let settings = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0x40, 0, 0, 0];
        let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        frame(&mut hello, SETTINGS, 0, 0, &settings);
        frame(&mut hello, WINDOW_UPDATE, 0, 0, &0x7000_0000_u32.to_be_bytes());
        stream.write_all(&hello).await?;
        Ok(Self { stream, received: Vec::new(), next: 1 })
    }

    /// Whether its window for bodies may soon be used up.
    pub(crate) fn worn(&self) -> bool {
        self.next > 400_000
    }

    /// Sends all of them at once. For each: `Ok(Some)` the answer, `Ok(None)` a reset, `Err` when the connection ended before
    /// its turn came.
    pub(crate) async fn exchange(&mut self, shapes: &[Shape]) -> Vec<Result<Option<RawAnswer>, ()>> {
        let first = self.next;
        let bytes = self.requests(shapes);
        let mut streams: BTreeMap<u32, Stream> = BTreeMap::new();
        // An error shows in what is not answered.
        let _ = timeout(SILENCE, self.converse(&bytes, shapes.len(), &mut streams)).await;
        (0..shapes.len())
            .map(|number| {
                let id = first + 2 * u32::try_from(number).unwrap_or(0);
                let Stream { status, body, ended } = streams.remove(&id).unwrap_or_default();
                match ended {
                    Some(true) => Ok(Some(RawAnswer { status, head: Vec::new(), body })),
                    Some(false) => Ok(None),
                    None => Err(()),
                }
            })
            .collect()
    }

    /// Sends requests, and asks for no answer.
    pub(crate) async fn send(&mut self, shapes: &[Shape]) -> io::Result<()> {
        let bytes = self.requests(shapes);
        self.stream.write_all(&bytes).await
    }

    /// Resets the last so many streams, one by one.
    pub(crate) async fn reset(&mut self, count: usize) -> io::Result<()> {
        let mut bytes = Vec::new();
        for number in 1..=u32::try_from(count).unwrap_or(0) {
            frame(&mut bytes, RST_STREAM, 0, self.next - 2 * number, &CANCEL.to_be_bytes());
        }
        self.stream.write_all(&bytes).await
    }

    fn requests(&mut self, shapes: &[Shape]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for shape in shapes {
            let block = block(shape);
            let mut pieces = block.chunks(LARGEST_FRAME).peekable();
            let (mut kind, mut flags) = (HEADERS, END_STREAM);
            while let Some(piece) = pieces.next() {
                if pieces.peek().is_none() {
                    flags |= END_HEADERS;
                }
                frame(&mut bytes, kind, flags, self.next, piece);
                (kind, flags) = (CONTINUATION, 0);
            }
            self.next += 2;
        }
        bytes
    }

    async fn converse(
        &mut self,
        bytes: &[u8],
        count: usize,
        streams: &mut BTreeMap<u32, Stream>,
    ) -> io::Result<()> {
        let Self { stream, received, .. } = self;
        let (mut reader, mut writer) = stream.split();
        let mut owed = Vec::new();
        let mut sent = 0;
        loop {
            while let Some((kind, flags, id, payload)) = take(received) {
                hear(kind, flags, &payload, streams.entry(id).or_default());
                match kind {
                    SETTINGS if flags & ACK == 0 => frame(&mut owed, SETTINGS, ACK, 0, &[]),
                    PING if flags & ACK == 0 => frame(&mut owed, PING, ACK, 0, &payload),
                    GOAWAY => return Err(io::ErrorKind::ConnectionAborted.into()),
                    _ => {}
                }
            }
            if streams.values().filter(|stream| stream.ended.is_some()).count() >= count {
                // Acknowledgements may wait for no one.
                return writer.write_all(&owed).await;
            }
            let rest = if sent < bytes.len() { &bytes[sent..] } else { owed.as_slice() };
            tokio::select! {
                wrote = writer.write(rest), if !rest.is_empty() => match wrote? {
                    wrote if sent < bytes.len() => sent += wrote,
                    wrote => drop(owed.drain(..wrote)),
                },
                read = reader.read_buf(received) => if read? == 0 { return Err(io::ErrorKind::UnexpectedEof.into()) },
            }
        }
    }
}

fn hear(kind: u8, flags: u8, payload: &[u8], stream: &mut Stream) {
    match kind {
        // A status of 100 comes before the one that counts; trailers have none.
        HEADERS => stream.status = status(payload).unwrap_or(stream.status),
        DATA => stream.body.extend_from_slice(payload),
        RST_STREAM if stream.ended.is_none() => stream.ended = Some(false),
        _ => {}
    }
    if [HEADERS, DATA].contains(&kind) && flags & END_STREAM != 0 {
        stream.ended = Some(true);
    }
}

/// `:status` stands first (RFC 9113 section 8.3).
fn status(block: &[u8]) -> Option<u16> {
    // The table's size was changed; the peer says so once (RFC 7541 section 6.3).
    let at = block.iter().position(|byte| byte & 0xe0 != 0x20)?;
    let field = &block[at..];
    if let Some(known) = INDEXED.iter().find(|(index, _)| field.first() == Some(index)) {
        return Some(known.1);
    }
    // A literal under the name of an index from 8 to 14.
    let named = field.first().is_some_and(|first| (8..=14).contains(&(first & 0x0f)) && first & 0x80 == 0);
    let length = *field.get(1).filter(|_| named)?;
    let value = field.get(2..2 + usize::from(length & 0x7f))?;
    let digits =
        if length & 0x80 == 0 { String::from_utf8(value.to_vec()).ok()? } else { huffman_digits(value) };
    digits.parse().ok()
}

/// Digits only (RFC 7541 appendix B): `0` to `2` in five bits, the others in six.
fn huffman_digits(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let number = |bits: &[u8]| bits.iter().fold(0, |sum, bit| sum << 1 | bit);
    let (mut digits, mut at) = (String::new(), 0);
    while let Some(five) = bits.get(at..at + 5).map(number) {
        let (digit, taken) = match (five, bits.get(at..at + 6).map(number)) {
            (0..=2, _) => (five, 5),
            (_, Some(six @ 0b01_1001..=0b01_1111)) => (six - 0b01_1001 + 3, 6),
            _ => break,
        };
        digits.push(char::from(b'0' + digit));
        at += taken;
    }
    digits
}

/// Literals that nobody indexes (RFC 7541 section 6.2.2), without Huffman's code.
fn block(shape: &Shape) -> Vec<u8> {
    let mut block = Vec::new();
    let mut field = |name: &[u8], value: &[u8]| {
        block.push(0);
        for text in [name, value] {
            let length = text.len();
            if length < 0x7f {
                block.push(u8::try_from(length).unwrap_or(0));
            } else {
                block.push(0x7f);
                let mut rest = length - 0x7f;
                while rest >= 0x80 {
                    block.push(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
                    rest >>= 7;
                }
                block.push(u8::try_from(rest).unwrap_or(0));
            }
            block.extend_from_slice(text);
        }
    };
    field(b":method", &shape.method);
    field(b":scheme", b"http");
    field(b":authority", b"shop.example");
    field(b":path", &shape.target);
    shape.lines.iter().for_each(|(name, value)| field(name, value));
    block
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    bytes.extend_from_slice(&length[1..]);
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
}

/// Type, flags, stream and payload of the first frame, once it is complete.
fn take(received: &mut Vec<u8>) -> Option<(u8, u8, u32, Vec<u8>)> {
    let head: [u8; 9] = received.get(..9)?.try_into().ok()?;
    let [a, b, c, kind, flags, stream @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
    let payload = received.get(9..9 + length)?.to_vec();
    received.drain(..9 + length);
    Some((kind, flags, u32::from_be_bytes(stream) & 0x7fff_ffff, payload))
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: u32 = 8;
const LARGEST_FRAME: usize = 16_384;
/// RFC 7541 appendix A.
const INDEXED: [(u8, u16); 7] =
    [(0x88, 200), (0x89, 204), (0x8a, 206), (0x8b, 304), (0x8c, 400), (0x8d, 404), (0x8e, 500)];
/// Nothing takes this long.
const SILENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_status() {
        for (name, block, want) in [
            ("indexed", b"\x88".as_slice(), Some(200)),
            ("behind an update of the table", b"\x20\x8d", Some(404)),
            ("plain", b"\x08\x03207", Some(207)),
            ("never indexed", b"\x18\x03403", Some(403)),
            ("by Huffman", b"\x48\x82\x68\x01", Some(401)),
            ("trailers", b"\x00\x0bgrpc-status\x010", None),
            ("nothing", b"", None),
        ] {
            assert_eq!(status(block), want, "{name}");
        }
    }

    #[test]
    fn a_frame_is_taken_when_it_is_whole() {
        let mut bytes = Vec::new();
        frame(&mut bytes, DATA, END_STREAM, 3, b"abc");
        frame(&mut bytes, PING, 0, 0, b"12345678");
        let mut part = bytes[..11].to_vec();
        assert_eq!(take(&mut part), None);
        assert_eq!(take(&mut bytes), Some((DATA, END_STREAM, 3, b"abc".to_vec())));
        assert_eq!(take(&mut bytes).map(|frame| frame.0), Some(PING));
        assert_eq!(take(&mut bytes), None);
    }

    #[test]
    fn long_values_have_long_lengths() {
        let mut shape = Shape::new("GET", "/", None);
        shape.line("x", vec![b'v'; 300]);
        let block = block(&shape);
        let tail = &block[block.len() - 303..];
        assert_eq!(tail[..3], [0x7f, 0xad, 0x01], "300 is 127 and 173");
    }
}
