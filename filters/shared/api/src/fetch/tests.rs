//! The machine over scripted events and a virtual clock; several of them over one shared data.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

mod course;
mod faults;
mod script;
mod workers;

use super::{Event, Fetcher, Head, Next};
use crate::{Build, Built, Document, HttpSource, Name, Slot, UnixTime};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// A document whose published form is its body; what starts with `bad` is refused or cannot be installed.
#[derive(Debug)]
struct Words {
    name: Name,
    source: HttpSource,
    steps: usize,
    installed: Slot<Vec<u8>>,
    wanted: Cell<bool>,
    told: Slot<Vec<u64>>,
}

impl Words {
    fn new(refresh_ms: u64, timeout_ms: u64, steps: usize) -> Rc<Self> {
        let source = HttpSource {
            cluster: "lists".to_owned(),
            authority: "lists".to_owned(),
            path: "/words".to_owned(),
            refresh: Duration::from_millis(refresh_ms),
            timeout: Duration::from_millis(timeout_ms),
            max_bytes: 9,
        };
        let name = Name::parse("words").unwrap();
        Rc::new(Self {
            name,
            source,
            steps,
            installed: Slot::default(),
            wanted: Cell::new(false),
            told: Slot::default(),
        })
    }

    fn installed(&self) -> Vec<u8> {
        self.installed.with(|body| body.clone()).unwrap()
    }
}

impl Document for Words {
    fn name(&self) -> &Name {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "words"
    }

    fn source(&self) -> &HttpSource {
        &self.source
    }

    fn build(&self, body: Vec<u8>, _seed: u64) -> Box<dyn Build> {
        Box::new(Copying { body, steps: self.steps })
    }

    fn install(&self, published: Vec<u8>) -> Result<u64, String> {
        if published.is_empty() || published.starts_with(b"bad") {
            return Err("damaged".to_owned());
        }
        let length = u64::try_from(published.len()).unwrap();
        self.installed.set(published);
        Ok(length)
    }

    fn checked(&self, at: UnixTime) {
        self.wanted.set(false);
        self.told.with(|told| told.push(at.as_millis()));
    }

    fn is_wanted(&self) -> bool {
        self.wanted.get()
    }
}

struct Copying {
    body: Vec<u8>,
    steps: usize,
}

impl Build for Copying {
    fn step(self: Box<Self>) -> Built {
        match (self.steps, self.body) {
            (0, body) if body.starts_with(b"bad") => Built::Refused("bad words".to_owned()),
            (0, body) => Built::Done(body),
            (steps, body) => Built::More(Box::new(Self { body, steps: steps - 1 })),
        }
    }
}
