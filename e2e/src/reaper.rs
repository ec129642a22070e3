//! What must not outlive this process: Envoys, containers, folders. Each is removed by its owner's `Drop`; when the process is
//! told to stop (Ctrl-C, SIGTERM), all that are left are removed first.

use std::collections::BTreeMap;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::signal::unix::{SignalKind, signal};

type Removal = Box<dyn FnOnce() + Send>;

static LEFT: Mutex<BTreeMap<u64, Removal>> = Mutex::new(BTreeMap::new());

/// Keeps a removal for the case that the process is told to stop; forget it with the returned value.
pub(crate) struct Entry(u64);

pub(crate) fn register(removal: impl FnOnce() + Send + 'static) -> Entry {
    let mut left = left();
    let id = left.last_key_value().map_or(0, |(last, _)| last + 1);
    left.insert(id, Box::new(removal));
    Entry(id)
}

impl Drop for Entry {
    fn drop(&mut self) {
        left().remove(&self.0);
    }
}

/// Waits for Ctrl-C or SIGTERM.
///
/// # Panics
/// When the process cannot listen for signals.
pub async fn told_to_stop() {
    let mut interrupt = signal(SignalKind::interrupt()).expect("SIGINT");
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Removes all that is left and ends the process.
pub(crate) fn exit(code: i32) -> ! {
    // The last that came first: an Envoy before its folder.
    for (_, removal) in std::mem::take(&mut *left()).into_iter().rev() {
        removal();
    }
    process::exit(code)
}

fn left() -> MutexGuard<'static, BTreeMap<u64, Removal>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}
