//! Test builds only: kills the VM on command, to show what Envoy does then.

use crate::host::{self, FieldMap};
use filter_api::Fields;
use std::cell::Cell;

/// `x-sluice-trap: request | response | tick | callout`: the callback that kills.
#[derive(Debug, Default)]
pub(crate) struct Trap {
    response: Cell<Option<u32>>,
    tick: Cell<bool>,
    callout: Cell<bool>,
}

impl Trap {
    pub(crate) fn on_request(&self, stream: u32) {
        let fields = host::fields(FieldMap::Request).unwrap_or_default();
        match Fields::new(&fields).first("x-sluice-trap") {
            Some(b"request") => std::process::abort(),
            Some(b"response") => self.response.set(Some(stream)),
            Some(b"tick") => self.tick.set(true),
            Some(b"callout") => self.callout.set(true),
            _ => {}
        }
    }

    pub(crate) fn on_response(&self, stream: u32) {
        if self.response.get() == Some(stream) {
            std::process::abort();
        }
    }

    pub(crate) fn on_tick(&self) {
        if self.tick.get() {
            std::process::abort();
        }
    }

    pub(crate) fn on_callout(&self) {
        if self.callout.get() {
            std::process::abort();
        }
    }
}
