//! The Redis protocol (RESP2), as far as the harness needs it: one command, one reply.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

use crate::Error;

/// An open connection.
pub(crate) struct Connection {
    stream: BufStream<TcpStream>,
}

/// What Redis answers; arrays are flattened by whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Integer(i64),
    Text(Vec<u8>),
    Nothing,
    Array(Vec<Reply>),
}

impl Connection {
    pub(crate) async fn open(addr: SocketAddr) -> Result<Self, Error> {
        let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(addr)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufStream::new(stream) })
    }

    /// Sends one command and reads its reply. After an error the connection is of no use.
    pub(crate) async fn ask(&mut self, command: &[Vec<u8>]) -> Result<Reply, Error> {
        tokio::time::timeout(PATIENCE, self.exchange(command)).await?
    }

    async fn exchange(&mut self, command: &[Vec<u8>]) -> Result<Reply, Error> {
        let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
        for word in command {
            bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await?;
        self.reply().await
    }

    async fn reply(&mut self) -> Result<Reply, Error> {
        let line = self.line().await?;
        let (kind, rest) = line.split_at_checked(1).ok_or("Redis sent an empty line")?;
        match kind {
            "+" => Ok(Reply::Text(rest.as_bytes().to_vec())),
            ":" => Ok(Reply::Integer(rest.parse()?)),
            "-" => Err(format!("Redis: {rest}").into()),
            "$" => match usize::try_from(rest.parse::<i64>()?) {
                Err(_) => Ok(Reply::Nothing),
                Ok(length) => {
                    let mut text = vec![0; length + 2];
                    self.stream.read_exact(&mut text).await?;
                    text.truncate(length);
                    Ok(Reply::Text(text))
                }
            },
            "*" => {
                let mut items = Vec::new();
                for _ in 0..rest.parse::<i64>()? {
                    items.push(Box::pin(self.reply()).await?);
                }
                Ok(Reply::Array(items))
            }
            _ => Err(format!("not the protocol of Redis: {line}").into()),
        }
    }

    async fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err("Redis closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// A command of words.
pub(crate) fn words(command: &[&str]) -> Vec<Vec<u8>> {
    command.iter().map(|word| word.as_bytes().to_vec()).collect()
}

/// As long as Limitador waits by default.
const PATIENCE: Duration = Duration::from_millis(350);
