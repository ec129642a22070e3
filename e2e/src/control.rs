//! Calls to the control port of a fixture.

use std::net::SocketAddr;

use crate::raw;

/// # Panics
/// When the fixture does not answer: no test can go on then.
pub(crate) async fn number(control: SocketAddr, path: &str) -> u64 {
    let text = call(control, "GET", path, Vec::new()).await;
    text.parse().unwrap_or_else(|_| panic!("{path} of the fixture is no number: {text}"))
}

/// # Panics
/// When the fixture refuses.
pub(crate) async fn put(control: SocketAddr, path: &str, body: Vec<u8>) {
    call(control, "PUT", path, body).await;
}

async fn call(control: SocketAddr, method: &str, path: &str, body: Vec<u8>) -> String {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: fixture\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    let request = [head.into_bytes(), body].concat();
    let answer = raw::exchange(control, &request).await.unwrap_or_else(|e| panic!("fixture {path}: {e}"));
    assert_eq!(answer.status, 200, "fixture {method} {path}");
    String::from_utf8_lossy(&answer.body).into_owned()
}
