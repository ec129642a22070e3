//! Waits for something to become true, with a deadline: the only place where the harness sleeps.

use std::time::{Duration, Instant};

/// Asks again and again until there is an answer.
///
/// # Panics
/// When none came in time; `what` says what was missing. The deadline is far more than anything here takes, so a slow
/// machine waits longer and decides the same.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "still not after {PATIENCE:?}: {what}");
        tokio::time::sleep(INTERVAL).await;
    }
}

/// [`until`] for a plain condition.
///
/// # Panics
/// When it did not hold in time.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    until(what, async || holds().await.then_some(())).await;
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const INTERVAL: Duration = Duration::from_millis(3);
