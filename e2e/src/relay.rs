//! A wire between two programs that can be cut, slowed and made to talk nonsense, whatever they speak.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::dice::Dice;
use crate::serve::{Port, runtime};

/// What the wire does with what is sent over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Hands it on.
    Whole,
    /// Nothing listens, and what was open is closed.
    Cut,
    /// Takes everything and hands nothing on.
    Silent,
    /// Hands each piece on so much later.
    Slow(Duration),
    /// Answers with random bytes from this seed instead of what the server says.
    Garbage(u64),
    /// Accepts and closes at once.
    Closing,
}

/// A running relay; it ends when it is dropped.
pub(crate) struct Relay {
    port: Port,
    server: SocketAddr,
    state: watch::Sender<Wire>,
    /// None while it is cut.
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl Relay {
    /// To this server.
    pub(crate) fn start(server: SocketAddr) -> io::Result<Self> {
        let port = Port::reserve((Ipv4Addr::LOCALHOST, 0).into())?;
        let relay =
            Self { port, server, state: watch::Sender::new(Wire::Whole), accepting: Mutex::new(None) };
        relay.switch(Wire::Whole)?;
        Ok(relay)
    }

    /// Where clients connect.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// Behaves so from now on, on open connections too.
    pub(crate) fn switch(&self, state: Wire) -> io::Result<()> {
        self.state.send_replace(state);
        let mut accepting = self.accepting.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            Wire::Cut => {
                if let Some(task) = accepting.take() {
                    task.abort();
                }
            }
            _ if accepting.is_none() => {
                let _inside = runtime().enter();
                let listener = self.port.listen()?;
                *accepting = Some(runtime().spawn(accept(listener, self.server, self.state.subscribe())));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.switch(Wire::Cut);
    }
}

/// Connections end with this task.
async fn accept(listener: TcpListener, server: SocketAddr, state: watch::Receiver<Wire>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        if *state.borrow() == Wire::Closing {
            continue;
        }
        connections.spawn(relay(client, server, state.clone()));
    }
}

async fn relay(client: TcpStream, server: SocketAddr, state: watch::Receiver<Wire>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    // A small answer would wait for the peer's delayed acknowledgement otherwise.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = hand_on(from_client, to_server, state.clone(), false) => {}
        () = hand_on(from_server, to_client, state, true) => {}
    }
}

async fn hand_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<Wire>,
    answers: bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            // Nonsense comes unasked, too: the peer may be waiting for an answer that was never sent.
            changed = state.changed() => {
                let nonsense = matches!(*state.borrow_and_update(), Wire::Garbage(_));
                if changed.is_ok() && !(nonsense && answers) { continue }
                Ok(if changed.is_ok() { 64 } else { 0 })
            }
        };
        let Ok(length @ 1..) = read else { return };
        let now = *state.borrow_and_update();
        match now {
            Wire::Whole => {}
            Wire::Cut | Wire::Closing => return,
            Wire::Slow(pause) => tokio::time::sleep(pause).await,
            Wire::Silent => {
                if state.wait_for(|now| *now != Wire::Silent).await.is_err() {
                    return;
                }
            }
            Wire::Garbage(seed) if answers => {
                let mut dice = Dice::new(seed);
                buffer[..length]
                    .iter_mut()
                    .for_each(|byte| *byte = u8::try_from(dice.roll(256)).unwrap_or(0));
            }
            Wire::Garbage(_) => {}
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn does_as_it_is_told() {
        let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let relay = Relay::start(echo.local_addr().unwrap()).unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = echo.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        let ask = async || {
            let mut stream = TcpStream::connect(relay.addr()).await?;
            stream.write_all(b"four").await?;
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).await?;
            Ok::<_, io::Error>(answer)
        };
        assert_eq!(ask().await.unwrap(), *b"four");
        relay.switch(Wire::Slow(Duration::from_millis(1))).unwrap();
        assert_eq!(ask().await.unwrap(), *b"four");
        relay.switch(Wire::Garbage(7)).unwrap();
        assert_ne!(ask().await.unwrap(), *b"four");
        relay.switch(Wire::Closing).unwrap();
        assert!(ask().await.is_err());
        relay.switch(Wire::Silent).unwrap();
        let waiting = async {
            tokio::task::yield_now().await;
            relay.switch(Wire::Whole).unwrap();
        };
        let (answer, ()) = tokio::join!(ask(), waiting);
        assert_eq!(answer.unwrap(), *b"four", "late, but whole");
        relay.switch(Wire::Cut).unwrap();
        assert!(ask().await.is_err());
    }
}
