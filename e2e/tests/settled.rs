//! Waits until every worker has what Envoy's main thread has taken.

use e2e::{Request, Stack, eventually};

/// Asks over so many connections of their own that each of two workers is asked, but for once in 30 000 times.
pub(crate) async fn everybody_gets(stack: &Stack, request: impl Fn() -> Request, want: &str) {
    eventually(&format!("{want} from every worker for {:?}", request()), async || {
        for _ in 0..16 {
            if stack.subset(request()).await != want {
                return false;
            }
        }
        true
    })
    .await;
}
