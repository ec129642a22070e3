//! A log that cannot flood: a burst, then one line a second, and a count of what was left out.

use crate::host::{self, Level};
use filter_api::UnixTime;
use std::cell::Cell;

/// The limiter of one VM.
#[derive(Debug)]
pub(crate) struct Log {
    tokens: Cell<u32>,
    refilled: Cell<UnixTime>,
    left_out: Cell<u32>,
}

const BURST: u32 = 10;

impl Log {
    pub(crate) const fn new() -> Self {
        Self { tokens: Cell::new(BURST), refilled: Cell::new(UnixTime { nanos: 0 }), left_out: Cell::new(0) }
    }

    /// Writes a line if there is room. Control characters are replaced, so that a line stays one line.
    pub(crate) fn line(&self, level: Level, text: &str) {
        self.refill(host::now());
        let Some(tokens) = self.tokens.get().checked_sub(1) else {
            self.left_out.set(self.left_out.get().saturating_add(1));
            return;
        };
        self.tokens.set(tokens);
        let text = text.replace(char::is_control, " ");
        match self.left_out.take() {
            0 => host::log(level, &text),
            left_out => host::log(level, &format!("{text} ({left_out} lines left out before)")),
        }
    }

    fn refill(&self, now: UnixTime) {
        let earned = now.since(self.refilled.get()).as_secs();
        if earned > 0 || now < self.refilled.get() {
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            self.tokens.set(self.tokens.get().saturating_add(earned).min(BURST));
            self.refilled.set(now);
        }
    }
}
