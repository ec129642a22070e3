//! The shell against a host in memory: one thread is one Envoy, each [`Vm`] in it a worker.

#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod background;
mod calls;
mod documents;
mod held;
mod metadata;
mod policies;
mod shared;
mod streams;
mod waiting;

use crate::host::{self, FieldMap, memory::Host};
use crate::vm::Action;
use crate::{BadRoutePolicy, Filter, HostRequest, Vm};
use filter_api::{
    ConfigError, Counter, Decision, Document, Effects, FetchedList, Mutation, NamedList, RequestHead as _,
    StatName, Value, config,
};
use std::cell::Cell;
use std::rc::Rc;

thread_local! {
    static COMPILED: Cell<usize> = const { Cell::new(0) };
}

/// `{ say: text, lists: .. }`: sets request and response field `x-said`.
struct Speaker {
    say: String,
    lists: Vec<Rc<NamedList>>,
}

/// The same, but it guards.
struct Guard(Speaker);

impl Speaker {
    fn read(value: &Value) -> Result<Self, ConfigError> {
        COMPILED.set(COMPILED.get() + 1);
        config::read(value, |node| {
            let mut map = node.map()?;
            let say = map.required("say", |node| node.text().map(str::to_owned));
            let lists = map.optional("lists", |node| NamedList::read_all(&node)).unwrap_or_default();
            map.finish();
            Some(Self { say: say?, lists })
        })
    }

    fn speaker(&self) -> &Self {
        self
    }

    fn decide(&self, request: &HostRequest<'_>) -> Decision<'_> {
        let listed =
            request.fields().first("x-user-id").is_some_and(|id| self.lists.iter().any(|l| l.contains(id)));
        let said = if listed { b"listed" } else { self.say.as_bytes() };
        let said = Mutation::Set("x-said", said.to_vec().into());
        Decision::Continue(Effects {
            request: vec![said.clone()],
            response: if self.say == "nothing to the response" { Vec::new() } else { vec![said] },
            state: vec![("sluice.said", self.say.as_bytes().into())],
            counters: vec![Counter(0)],
            ..Effects::default()
        })
    }
}

macro_rules! filter {
    ($type:ty, $bad:expr, $make:expr, $($inner:tt)+) => {
        impl Filter for $type {
            const NAME: &'static str = "probe";
            const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.probe";
            const BAD_ROUTE_POLICY: BadRoutePolicy = $bad;

            fn configure(config: &Value) -> Result<Self, ConfigError> {
                Speaker::read(config).map($make)
            }

            fn counters(&self) -> Vec<StatName> {
                vec![StatName::new("sluice.probe.said")]
            }

            fn documents(&self) -> Vec<Rc<dyn Document>> {
                let fetched = self$($inner)+.lists.iter().filter_map(FetchedList::new);
                fetched.map(|list| Rc::new(list) as Rc<dyn Document>).collect()
            }

            fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p> {
                self$($inner)+.decide(request)
            }
        }
    };
}

filter!(Speaker, BadRoutePolicy::UsePluginWide, |speaker| speaker, .speaker());
filter!(Guard, BadRoutePolicy::Refuse, Guard, .0);

const ROOT: u32 = 1;

/// A worker with this plugin configuration; false if it was refused.
fn configure<F: Filter>(vm: &Vm<F>, root: u32, config: &str) -> bool {
    host::with(|host| {
        host.contexts.insert(root);
        host.buffers.insert(7, config.as_bytes().to_vec());
    });
    vm.on_context_create(root, 0);
    vm.on_configure(root, config.len())
}

fn worker(config: &str) -> Vm<Speaker> {
    let vm = Vm::default();
    assert!(configure(&vm, ROOT, config), "{:?}", host::with(|host| host.log.clone()));
    vm
}

/// One request through a worker: what was said to the upstream.
fn request<F: Filter>(vm: &Vm<F>, stream: u32, lines: &[(&str, &[u8])]) -> (Action, Option<String>) {
    host::with(|host| {
        host.contexts.insert(stream);
        host.context = stream;
        let lines = lines.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        host.fields.insert(FieldMap::Request as u32, lines);
    });
    vm.on_context_create(stream, ROOT);
    let action = vm.on_request_headers(stream);
    (action, said(FieldMap::Request))
}

fn said(map: FieldMap) -> Option<String> {
    host::with(|host| {
        let lines = host.fields.get(&(map as u32))?;
        let (_, value) = lines.iter().find(|(name, _)| name == "x-said")?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

fn metric(name: &str) -> i64 {
    host::with(|host| {
        // Every worker defines its own; Envoy adds them up.
        let of_name = |host: &Host| {
            host.metrics.iter().filter(|(known, _)| known == name).map(|(_, value)| *value).sum()
        };
        of_name(host)
    })
}

#[test]
fn a_request_costs_five_host_calls() {
    let vm = worker(r#"{"say": "nothing to the response"}"#);
    let before = host::with(|host| host.calls);
    assert_eq!(
        request(&vm, 2, &[(":path", b"/")]),
        (Action::Continue, Some("nothing to the response".to_owned()))
    );
    // Fields, the route's namespace, one field, one filter state, one counter.
    assert_eq!(host::with(|host| host.calls) - before, 5);
    let before = host::with(|host| host.calls);
    assert_eq!(vm.on_response_headers(2), Action::Continue);
    assert_eq!(host::with(|host| host.calls) - before, 0);
    assert_eq!(metric("sluice.probe.said"), 1);
    assert_eq!(
        host::with(|host| host.properties.get("wasm.sluice.said").cloned()).unwrap(),
        b"nothing to the response"
    );
}

#[test]
fn bytes_that_are_no_text_are_just_bytes() {
    let vm = worker(r#"{"say": "hello"}"#);
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(request(&vm, 2, &[(":path", &all), ("x-user-id", &all)]).1.as_deref(), Some("hello"));
}
