//! Requests that stand still until a document is there.

use super::*;
use crate::host::memory::Host;
use crate::waiting::Wait;
use filter_api::{Build, Built, HttpSource, Name, Patience, UnixTime};
use std::time::Duration;

/// Waits for its document; refuses when it may not wait and there is none.
struct Patient(Rc<Word>);

struct Word {
    name: Name,
    source: HttpSource,
    there: Cell<bool>,
}

impl Document for Word {
    fn name(&self) -> &Name {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "word"
    }

    fn source(&self) -> &HttpSource {
        &self.source
    }

    fn build(&self, body: Vec<u8>, _: u64) -> Box<dyn Build> {
        Box::new(Ready(body))
    }

    fn install(&self, published: Vec<u8>) -> Result<u64, String> {
        self.there.set(!published.is_empty());
        Ok(1)
    }
}

struct Ready(Vec<u8>);

impl Build for Ready {
    fn step(self: Box<Self>) -> Built {
        Built::Done(self.0)
    }
}

impl Filter for Patient {
    const NAME: &'static str = "patient";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.patient";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::Refuse;
    const WAITS: bool = true;

    fn configure(_: &Value) -> Result<Self, ConfigError> {
        let source = HttpSource {
            cluster: "words".to_owned(),
            authority: "words".to_owned(),
            path: "/".to_owned(),
            refresh: Duration::from_secs(600),
            timeout: Duration::from_secs(2),
            max_bytes: 100,
        };
        let name = Name::parse("word").map_err(|error| ConfigError::one("", error.to_string()))?;
        Ok(Self(Rc::new(Word { name, source, there: Cell::new(false) })))
    }

    fn counters(&self) -> Vec<StatName> {
        Vec::new()
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        vec![Rc::clone(&self.0) as Rc<dyn Document>]
    }

    fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p> {
        match (self.0.there.get(), request.may_wait()) {
            (true, _) => Decision::Continue(Effects::default()),
            (false, true) => Decision::Wait(Patience::DOCUMENT),
            (false, false) => Decision::Reply(filter_api::Reply {
                status: 503,
                fields: Vec::new(),
                body: b"".as_slice().into(),
                details: "gave up".to_owned(),
                grpc_status: None,
                counters: Vec::new(),
            }),
        }
    }
}

fn patient() -> Vm<Patient> {
    host::with(|host| host.now = UnixTime::from_secs(1_000_000));
    let vm = Vm::default();
    assert!(configure(&vm, ROOT, "{}"));
    vm
}

fn begin(vm: &Vm<Patient>, stream: u32) -> Action {
    request(vm, stream, &[(":path", b"/")]).0
}

fn tick(vm: &Vm<Patient>, millis: u64) {
    host::with(|host| host.pass(Duration::from_millis(millis)));
    vm.on_tick(ROOT);
}

/// What happened to the streams that stood still: resumed, replied.
fn outcome() -> (Vec<u32>, Vec<(u16, String)>) {
    host::with(|host: &mut Host| (std::mem::take(&mut host.resumed), std::mem::take(&mut host.replies)))
}

fn answer(vm: &Vm<Patient>) {
    let token = host::with(|host| {
        host.fields.insert(FieldMap::CalloutResponse as u32, vec![(":status".to_owned(), b"200".to_vec())]);
        host.buffers.insert(4, b"word".to_vec());
        u32::try_from(host.callouts.len()).unwrap()
    });
    vm.on_http_call_response(ROOT, token, 1, 4);
}

#[test]
fn all_go_on_as_soon_as_the_document_is_there() {
    let vm = patient();
    assert_eq!((begin(&vm, 2), begin(&vm, 3)), (Action::Pause, Action::Pause));
    assert_eq!(host::with(|host| host.tick_period), Duration::from_millis(5));
    tick(&vm, 10);
    assert_eq!(outcome(), (vec![], vec![]), "it was asked for");
    answer(&vm);
    assert_eq!(outcome(), (vec![], vec![]), "it is being built");
    tick(&vm, 4);
    assert_eq!(outcome(), (vec![2, 3], vec![]));
    assert_eq!(host::with(|host| host.context), ROOT, "host calls act for the root again");
    tick(&vm, 1_000);
    assert_eq!(outcome(), (vec![], vec![]), "once");
    assert_eq!(begin(&vm, 4), Action::Continue);
}

#[test]
fn nobody_waits_for_longer_than_a_second() {
    let vm = patient();
    assert_eq!(begin(&vm, 2), Action::Pause);
    tick(&vm, 10);
    assert_eq!(begin(&vm, 3), Action::Pause);
    tick(&vm, 989);
    assert_eq!(outcome(), (vec![], vec![]));
    tick(&vm, 1);
    assert_eq!(outcome(), (vec![], vec![(503, "gave up".to_owned())]));
    tick(&vm, 10);
    assert_eq!(outcome(), (vec![], vec![(503, "gave up".to_owned())]));
}

#[test]
fn a_stream_that_was_reset_is_forgotten() {
    let vm = patient();
    assert_eq!((begin(&vm, 2), begin(&vm, 3)), (Action::Pause, Action::Pause));
    host::with(|host| host.contexts.remove(&2));
    tick(&vm, 1_001);
    assert_eq!(outcome(), (vec![], vec![(503, "gave up".to_owned())]));
}

#[test]
fn only_so_many_wait() {
    let vm = patient();
    for stream in 2..1_002 {
        assert_eq!(begin(&vm, stream), Action::Pause, "{stream}");
    }
    assert_eq!(outcome(), (vec![], vec![]));
    assert_eq!(begin(&vm, 1_002), Action::Pause);
    assert_eq!(outcome(), (vec![], vec![(503, "gave up".to_owned())]), "answered at once");
}

#[test]
fn streams_of_another_plugin_stay_asleep() {
    let vm = patient();
    assert!(configure(&vm, 9, "{}"));
    assert_eq!(begin(&vm, 2), Action::Pause);
    let until = filter_api::MonotonicTime { nanos: u64::MAX };
    vm.waiting.add(Wait { stream: 5, root: 9, until, ask: None, overdue: false });
    host::with(|host| host.contexts.insert(5));
    tick(&vm, 1_001);
    assert_eq!(outcome().1.len(), 1);
    assert!(vm.waiting.has(9) && !vm.waiting.has(ROOT));
}

/// A document wakes all, but no callback ends more than fifty.
#[test]
fn many_go_on_in_turns() {
    let vm = patient();
    (2..122).for_each(|stream| assert_eq!(begin(&vm, stream), Action::Pause));
    tick(&vm, 10);
    answer(&vm);
    for want in [50, 50, 20, 0] {
        tick(&vm, 1);
        assert_eq!(outcome().0.len(), want);
    }
    (122..242).for_each(|stream| assert_eq!(begin(&vm, stream), Action::Continue));
}
