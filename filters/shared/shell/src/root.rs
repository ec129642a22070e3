//! One plugin configuration: the plugin-wide policy, the policies of routes, and what they fetch.

use crate::documents::Documents;
use crate::held::Renewals;
use crate::host::{self, Metric, Token};
use crate::routes::{RoutePolicy, Routes};
use crate::shared::{CREATE, Plugin, Records};
use crate::{BadRoutePolicy, Filter, Vm};
use filter_api::{ConfigError, Slot, StatName, Value};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// A policy with its metrics and documents.
pub(crate) struct Compiled<F: Filter> {
    pub(crate) filter: F,
    pub(crate) counters: Vec<Metric>,
    pub(crate) plugin: Rc<Plugin>,
    /// Not the plugin-wide one.
    of_route: bool,
    documents: Documents,
}

impl<F: Filter> Compiled<F> {
    pub(crate) fn new(
        value: &Value,
        vm: &Vm<F>,
        plugin: &Rc<Plugin>,
        of_route: bool,
    ) -> Result<Self, ConfigError> {
        let filter = F::configure(value)?;
        let counters = filter.counters().iter().map(|name| vm.metrics.counter(name)).collect();
        let documents = Documents::new(filter.documents(), F::NAME, &plugin.name, &vm.metrics);
        Ok(Self { filter, counters, plugin: Rc::clone(plugin), of_route, documents })
    }

    /// Shared data, for a request about which this policy decides.
    pub(crate) fn records(&self) -> Records<'_> {
        Records::of_request(&self.plugin, self.of_route)
    }
}

/// A root context.
pub(crate) struct Root<F: Filter> {
    id: u32,
    plugin_wide: Slot<Option<Rc<Compiled<F>>>>,
    routes: Routes<F>,
    busy: Cell<bool>,
    tick_period: Cell<Duration>,
    hurry: Cell<bool>,
    pub(crate) renewals: Renewals,
}

impl<F: Filter> Root<F> {
    pub(crate) fn new(id: u32) -> Self {
        Self {
            id,
            plugin_wide: Slot::new(None),
            routes: Routes::new(),
            busy: Cell::new(false),
            tick_period: Cell::new(Duration::ZERO),
            hurry: Cell::new(false),
            renewals: Renewals::default(),
        }
    }

    /// As the host names it.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Takes a new plugin-wide policy, or keeps the one it has.
    pub(crate) fn configure(&self, bytes: &[u8], vm: &Vm<F>) -> Result<(), ConfigError> {
        let plugin = host::property(b"plugin_name").unwrap_or_default();
        let plugin = format!("sluice.{}/{}", F::NAME, String::from_utf8_lossy(&plugin));
        let plugin = Rc::new(Plugin::new(plugin));
        let value = Value::from_configuration(bytes)?;
        let compiled = Compiled::new(&value, vm, &plugin, false)?;
        record_generation::<F>(&plugin.name, value.digest(), vm);
        self.plugin_wide.set(Some(Rc::new(compiled)));
        self.set_timer(vm);
        Ok(())
    }

    /// The policy that decides about the current stream; `None` if the request must be refused.
    pub(crate) fn policy(&self, vm: &Vm<F>) -> Option<Rc<Compiled<F>>> {
        self.busy.set(true);
        let plugin_wide = self.plugin_wide()?;
        let of_route = self.routes.of_request(vm, &plugin_wide.plugin);
        if self.routes.take_compiled() {
            self.set_timer(vm);
        }
        match (of_route, F::BAD_ROUTE_POLICY) {
            (RoutePolicy::Own(policy), _) => Some(policy),
            (RoutePolicy::Bad, BadRoutePolicy::Refuse) => None,
            (RoutePolicy::None, _) | (RoutePolicy::Bad, BadRoutePolicy::UsePluginWide) => Some(plugin_wide),
        }
    }

    /// Lets all documents go on. Whether one came or was confirmed.
    pub(crate) fn on_tick(&self, vm: &Vm<F>) -> bool {
        let busy = self.busy.take();
        self.live().iter().fold(false, |came, policy| policy.documents.on_tick(busy, &vm.log) | came)
    }

    /// Hands an answer to the document that asked. Whether one came or was confirmed.
    pub(crate) fn on_answer(&self, token: Token, fields: u32, body_size: usize, vm: &Vm<F>) -> bool {
        let answered =
            |policy: &Rc<Compiled<F>>| policy.documents.on_answer(token, fields, body_size, &vm.log);
        self.live().iter().find_map(answered).unwrap_or(false)
    }

    /// Ticks as often as the most urgent document wants, often while a request waits or a call is out, now and then while
    /// something is held, and never if there is nothing to do.
    pub(crate) fn set_timer(&self, vm: &Vm<F>) {
        let waiting = vm.holds_requests(self.id);
        let wanted = self.live().iter().filter_map(|policy| policy.documents.poll_interval()).min();
        let heard_elsewhere = F::ASKS && vm.waiting.has(self.id);
        let poll = if self.hurry.get() || heard_elsewhere { QUICK_POLL } else { WAITING_POLL };
        let others = [waiting.then_some(poll), self.renewals.pace()];
        let wanted = wanted.into_iter().chain(others.into_iter().flatten()).min().unwrap_or(Duration::ZERO);
        if self.tick_period.replace(wanted) != wanted {
            // Without a timer documents would silently grow old; but there is nobody to refuse here.
            let _ = host::set_tick_period(wanted);
        }
    }

    /// Whether more is to be done than one callback may do.
    pub(crate) fn hurry(&self, hurry: bool) {
        self.hurry.set(hurry);
    }

    fn live(&self) -> Vec<Rc<Compiled<F>>> {
        let mut live = self.routes.live();
        live.extend(self.plugin_wide());
        live
    }

    fn plugin_wide(&self) -> Option<Rc<Compiled<F>>> {
        self.plugin_wide.with(|policy| policy.clone()).flatten()
    }
}

/// Counts distinct policies of a plugin, the same in every worker: the first to see a new one raises the number.
fn record_generation<F: Filter>(plugin: &str, digest: u64, vm: &Vm<F>) {
    let key = format!("{plugin}/policy");
    let gauge = vm.metrics.gauge(&StatName::new(&format!("sluice.{}.policy_generation", F::NAME)));
    // Another worker may be faster; then its number is read in the next round.
    for _ in 0..8 {
        let (known, cas) = host::shared_data(key.as_bytes())
            .map_or((None, CREATE), |(bytes, cas)| (read_policy(&bytes), cas));
        let generation = match known {
            Some((seen, generation)) if seen == digest => return host::record(gauge, generation),
            Some((_, generation)) => generation.saturating_add(1),
            None => 1,
        };
        let record: Vec<u8> = digest.to_le_bytes().into_iter().chain(generation.to_le_bytes()).collect();
        if host::set_shared_data(key.as_bytes(), &record, cas).is_ok() {
            return host::record(gauge, generation);
        }
    }
}

fn read_policy(bytes: &[u8]) -> Option<(u64, u64)> {
    let (digest, rest) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*digest), u64::from_le_bytes(*rest.first_chunk()?)))
}

/// How soon to go on with what was too much for one callback, and how often to look whether another worker got the answer
/// that requests wait for here: nobody tells this one.
const QUICK_POLL: Duration = Duration::from_millis(1);

/// How often to look whether the patience of a waiting request is over.
const WAITING_POLL: Duration = Duration::from_millis(5);
