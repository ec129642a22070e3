//! What open streams hold: given back when they end, renewed as long as they live.
//!
//! `proxy_on_delete` comes for every stream that came to the filter, whatever ended it: its response, a reset on either
//! side, a reply of another filter. It does not come if the VM died; for that there is renewal.

use crate::host;
use crate::root::{Compiled, Root};
use crate::shared::{Plugin, Records};
use crate::{Filter, Vm};
use filter_api::{Held, MonotonicTime, Slot};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// All of one VM, by stream context.
#[derive(Debug, Default)]
pub(crate) struct Holds(Slot<BTreeMap<u32, Entry>>);

#[derive(Debug)]
struct Entry {
    held: Vec<Held>,
    root: u32,
    plugin: Rc<Plugin>,
    renewed: MonotonicTime,
}

/// When a root context looks next for what must be renewed.
#[derive(Debug, Default)]
pub(crate) struct Renewals {
    pace: Cell<Option<Duration>>,
    next: Cell<MonotonicTime>,
}

/// What a look at all streams of a root found.
#[derive(Debug, Default)]
struct Look {
    due: Vec<(Held, Rc<Plugin>)>,
    pace: Option<Duration>,
    next: Option<MonotonicTime>,
}

/// Streams begin at different times and are renewed at different times: a timer that runs often makes the portions small.
const SLOWEST: Duration = Duration::from_millis(100);

/// The shortest renewal is a quarter of the shortest lease, 25 ms.
const FASTEST: Duration = Duration::from_millis(20);

impl Holds {
    fn add(&self, stream: u32, held: Held, root: u32, plugin: &Rc<Plugin>, now: MonotonicTime) {
        let entry = || Entry { held: Vec::new(), root, plugin: Rc::clone(plugin), renewed: now };
        self.0.with(|streams| {
            let entry = streams.entry(stream).or_insert_with(entry);
            if !entry.held.contains(&held) {
                entry.held.push(held);
            }
        });
    }

    fn take(&self, stream: u32) -> Option<Entry> {
        self.0.with(|streams| streams.remove(&stream)).flatten()
    }

    /// What a root must renew now, and when it should look again.
    fn look(&self, root: u32, now: MonotonicTime) -> Look {
        let mut look = Look::default();
        self.0.with(|streams| {
            for entry in streams.values_mut().filter(|entry| entry.root == root) {
                let Some(renewal) = entry.held.iter().map(renewal).min() else { continue };
                if now.since(entry.renewed) >= renewal {
                    entry.renewed = now;
                    look.due.extend(entry.held.iter().map(|held| (held.clone(), Rc::clone(&entry.plugin))));
                }
                look.pace = quicker(look.pace, renewal);
                let next = entry.renewed.plus(renewal);
                look.next = Some(look.next.map_or(next, |known| known.min(next)));
            }
        });
        look
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.with(|streams| streams.len()).unwrap_or(0)
    }
}

impl Renewals {
    /// How often the timer must run; `None` if nothing is held.
    pub(crate) fn pace(&self) -> Option<Duration> {
        self.pace.get()
    }

    /// Something more is held. Whether the timer must run more often.
    fn add(&self, renewal: Duration, now: MonotonicTime) -> bool {
        let (pace, next) = (self.pace.get(), now.plus(renewal));
        self.next.set(if pace.is_some() { self.next.get().min(next) } else { next });
        self.pace.set(quicker(pace, renewal));
        self.pace.get() != pace
    }
}

fn renewal(held: &Held) -> Duration {
    held.0.renewal().max(FASTEST)
}

fn quicker(pace: Option<Duration>, renewal: Duration) -> Option<Duration> {
    let wanted = renewal.min(SLOWEST);
    Some(pace.map_or(wanted, |pace| pace.min(wanted)))
}

impl<F: Filter> Vm<F> {
    /// A stream holds something from now on, until it ends.
    pub(crate) fn hold(
        &self,
        stream: u32,
        held: Held,
        root: &Root<F>,
        policy: &Compiled<F>,
        now: impl FnOnce() -> MonotonicTime,
    ) {
        if !F::HOLDS {
            return;
        }
        let now = now();
        let renewal = renewal(&held);
        self.holds.add(stream, held, root.id(), &policy.plugin, now);
        if root.renewals.add(renewal, now) {
            root.set_timer(self);
        }
    }

    /// Renews what the streams of a root hold, if it is time.
    pub(crate) fn renew(&self, root: &Root<F>) {
        if !F::HOLDS || root.renewals.pace().is_none() {
            return;
        }
        let now = host::monotonic();
        if now < root.renewals.next.get() {
            return;
        }
        let Look { due, pace, next } = self.holds.look(root.id(), now);
        root.renewals.pace.set(pace);
        // Ticks may come every few milliseconds for other reasons; nobody looks at all streams that often.
        root.renewals.next.set(next.unwrap_or_default().max(now.plus(FASTEST)));
        for (held, plugin) in due {
            held.0.renew(&Records::at(&plugin, now));
        }
    }

    /// `proxy_on_delete`: a stream ended, however it did.
    pub fn on_stream_end(&self, stream: u32) {
        if F::CALLS {
            self.calls.abandon(stream);
        }
        if !F::HOLDS {
            return;
        }
        if let Some(Entry { held, plugin, .. }) = self.holds.take(stream) {
            let records = Records::of_plugin(&plugin);
            held.iter().for_each(|held| held.0.give_back(&records));
        }
    }
}
