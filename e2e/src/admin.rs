//! Envoy's admin interface.

use std::io;
use std::net::SocketAddr;

use crate::raw;

/// `GET` on the admin interface: status and text.
pub(crate) async fn get(addr: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || get_blocking(addr, &path)).await?
}

/// The same for a `Drop`, where nothing can be awaited.
pub(crate) fn get_blocking(addr: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    let answer = raw::exchange_blocking(addr, request.as_bytes())?;
    Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
}
