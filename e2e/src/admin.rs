//! Envoy's admin interface.

use std::io;
use std::net::SocketAddr;

use crate::raw;

/// `GET` on the admin interface: status and text.
pub(crate) async fn get(addr: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    send(addr, "GET", path).await
}

/// `POST` on the admin interface, for what changes something: status and text.
pub(crate) async fn post(addr: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    send(addr, "POST", path).await
}

/// `GET` for a `Drop`, where nothing can be awaited.
pub(crate) fn get_blocking(addr: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    send_blocking(addr, "GET", path)
}

async fn send(addr: SocketAddr, method: &'static str, path: &str) -> io::Result<(u16, String)> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || send_blocking(addr, method, &path)).await?
}

fn send_blocking(addr: SocketAddr, method: &str, path: &str) -> io::Result<(u16, String)> {
    let request =
        format!("{method} {path} HTTP/1.1\r\nhost: admin\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let answer = raw::exchange_blocking(addr, request.as_bytes())?;
    Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
}
