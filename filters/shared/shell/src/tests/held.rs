//! What streams hold is given back when they end, once, and renewed until then.

use super::*;
use filter_api::{
    Answer, Call, GrpcCall, Held, Holding, MonotonicTime, Pending, RecordKey, Reply, RequestHead, SharedData,
};
use std::time::Duration;

thread_local! {
    static DONE: Cell<Vec<String>> = const { Cell::new(Vec::new()) };
}

/// What was done with what was held, since this was last asked.
fn done() -> Vec<String> {
    DONE.take()
}

fn note(line: String) {
    let mut lines = DONE.take();
    lines.push(line);
    DONE.set(lines);
}

struct Place {
    name: String,
    renewal: Duration,
}

impl Holding for Place {
    fn give_back(&self, shared: &dyn SharedData) {
        let _ = shared.write_shared(RecordKey([7; 16]), b"given back", None);
        note(format!("{} back", self.name));
    }

    fn renew(&self, shared: &dyn SharedData) {
        note(format!("{} renewed at {}", self.name, shared.monotonic().nanos / 1_000_000));
    }

    fn renewal(&self) -> Duration {
        self.renewal
    }
}

/// `{ say: cluster }`. Path: `/hold/<name>/<ms of renewal>`, `/call/<name>` or `/again/<name>` (the answer holds the same
/// thing once more); others hold nothing.
struct Holder(String);

struct Question {
    cluster: String,
    held: Held,
    again: bool,
}

impl Pending for Question {
    fn call(&self) -> GrpcCall<'_> {
        let timeout = Duration::from_millis(20);
        GrpcCall { cluster: &self.cluster, service: "probe.Service", method: "Ask", message: b"", timeout }
    }

    fn held(&self) -> Option<Held> {
        Some(self.held.clone())
    }

    fn on(&self, answer: Answer, _: &dyn RequestHead, _: &dyn SharedData) -> Decision<'static> {
        match answer {
            Answer::Message(_) => {
                let held = self.again.then(|| self.held.clone());
                Decision::Continue(Effects { held, ..Effects::default() })
            }
            _ => Decision::Reply(Reply {
                status: 503,
                fields: Vec::new(),
                body: b"".as_slice().into(),
                details: "no".to_owned(),
                grpc_status: None,
                counters: Vec::new(),
            }),
        }
    }
}

impl Filter for Holder {
    const NAME: &'static str = "holder";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.holder";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::Refuse;
    const CALLS: bool = true;
    const HOLDS: bool = true;

    fn configure(config: &Value) -> Result<Self, ConfigError> {
        Speaker::read(config).map(|speaker| Self(speaker.say))
    }

    fn counters(&self) -> Vec<StatName> {
        Vec::new()
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        Vec::new()
    }

    fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p> {
        let path = String::from_utf8(request.fields().first(":path").unwrap().to_vec()).unwrap();
        let mut parts = path.split('/').skip(1).map(str::to_owned);
        let (what, name) = (parts.next().unwrap(), parts.next().unwrap_or_default());
        let millis = parts.next().map_or(15_000, |millis| millis.parse().unwrap());
        let held = Held(Rc::new(Place { name, renewal: Duration::from_millis(millis) }));
        match what.as_str() {
            "hold" => Decision::Continue(Effects { held: Some(held), ..Effects::default() }),
            "call" | "again" => {
                let again = what == "again";
                Decision::Call(Call(Rc::new(Question { cluster: self.0.clone(), held, again })))
            }
            _ => Decision::Continue(Effects::default()),
        }
    }
}

fn holder(cluster: &str) -> Vm<Holder> {
    host::with(|host| host.monotonic = MonotonicTime { nanos: 0 });
    let vm = Vm::default();
    assert!(configure(&vm, ROOT, &format!(r#"{{"say": "{cluster}"}}"#)));
    vm
}

fn begin(vm: &Vm<Holder>, stream: u32, path: &str) -> Action {
    request(vm, stream, &[(":path", path.as_bytes())]).0
}

fn end(vm: &Vm<Holder>, stream: u32) -> Vec<String> {
    vm.on_stream_end(stream);
    host::with(|host| host.contexts.remove(&stream));
    done()
}

fn answer(vm: &Vm<Holder>, token: u32, status: u32) {
    if status == 0 {
        vm.on_grpc_receive(token, 0);
    }
    vm.on_grpc_close(token, status);
}

#[test]
fn it_is_given_back_once_when_the_stream_ends() {
    let vm = holder("rls");
    assert_eq!(begin(&vm, 2, "/hold/a"), Action::Continue);
    assert_eq!(begin(&vm, 3, "/hold/b"), Action::Continue);
    assert_eq!(begin(&vm, 4, "/nothing"), Action::Continue);
    vm.on_response_headers(2);
    assert_eq!((vm.holds.len(), done()), (2, vec![]), "not before");
    assert_eq!(end(&vm, 2), ["a back"]);
    assert_eq!(end(&vm, 2), Vec::<String>::new());
    assert_eq!(end(&vm, 4), Vec::<String>::new());
    assert_eq!(end(&vm, ROOT), Vec::<String>::new(), "a root context ends, too");
    assert_eq!(end(&vm, 3), ["b back"]);
    assert_eq!(vm.holds.len(), 0);
}

#[test]
fn it_is_held_from_the_question_on() {
    for (name, path, cluster, answered, resumed) in [
        ("the client leaves before there is an answer", "/call/a", "rls", None, 0),
        ("the answer admits", "/call/a", "rls", Some(0), 1),
        ("the answer admits and holds the same", "/again/a", "rls", Some(0), 1),
        ("the answer refuses", "/call/a", "rls", Some(14), 0),
        ("the question cannot be sent", "/call/a", "nowhere", None, 0),
    ] {
        host::with(|host| *host = Host::default());
        let vm = holder(cluster);
        assert_eq!(begin(&vm, 2, path), Action::Pause, "{name}");
        if let Some(status) = answered {
            answer(&vm, 1, status);
        }
        assert_eq!(host::with(|host| host.resumed.len()), resumed, "{name}");
        assert_eq!((vm.holds.len(), done()), (1, vec![]), "{name}");
        assert_eq!(end(&vm, 2), ["a back"], "{name}");
        answer(&vm, 1, 0);
        assert_eq!((vm.holds.len(), done()), (0, vec![]), "{name}: an answer too late");
    }
}

#[test]
fn it_is_given_back_to_its_own_plugin() {
    let vm = holder("rls");
    begin(&vm, 2, "/hold/a");
    // The plugin is configured anew, and the old root is no context any more: the stream ends all the same.
    host::with(|host| host.contexts.remove(&ROOT));
    assert!(configure(&vm, 9, r#"{"say": "rls"}"#));
    assert_eq!(end(&vm, 2), ["a back"]);
    let digest = xxhash_rust::xxh64::xxh64(b"sluice.holder/", 0).to_le_bytes();
    let key = [digest.as_slice(), &[7; 16]].concat();
    assert_eq!(host::with(|host| host.shared.get(&key).cloned()).unwrap().0, b"given back");
}

fn tick(vm: &Vm<Holder>, millis: u64) -> Vec<String> {
    host::with(|host| host.monotonic = host.monotonic.plus(Duration::from_millis(millis)));
    vm.on_tick(ROOT);
    done()
}

fn period() -> Duration {
    host::with(|host| host.tick_period)
}

#[test]
fn what_is_due_is_renewed() {
    let vm = holder("rls");
    assert_eq!(period(), Duration::ZERO);
    begin(&vm, 2, "/hold/a/200");
    assert_eq!(period(), Duration::from_millis(100));
    assert_eq!(tick(&vm, 100), Vec::<String>::new());
    begin(&vm, 3, "/hold/b/200");
    assert_eq!(tick(&vm, 100), ["a renewed at 200"]);
    assert_eq!(tick(&vm, 100), ["b renewed at 300"]);
    assert_eq!(tick(&vm, 99), Vec::<String>::new());
    assert_eq!(tick(&vm, 100), ["a renewed at 499"], "late is late once");
    assert_eq!(end(&vm, 2), ["a back"]);
    assert_eq!(tick(&vm, 1), Vec::<String>::new(), "nobody looks at all streams that often");
    assert_eq!(tick(&vm, 19), ["b renewed at 519"]);
    assert_eq!(tick(&vm, 200), ["b renewed at 719"]);
    assert_eq!((end(&vm, 3), tick(&vm, 1_000)), (vec!["b back".to_owned()], vec![]));
    assert_eq!(period(), Duration::ZERO, "nothing is held");
}

#[test]
fn the_timer_is_as_quick_as_the_shortest_lease_wants() {
    let vm = holder("rls");
    for (stream, path, want) in
        [(2, "/hold/a/3600000", 100), (3, "/hold/b/60", 60), (4, "/hold/c/1", 20), (5, "/hold/d/80", 20)]
    {
        begin(&vm, stream, path);
        assert_eq!(period(), Duration::from_millis(want), "{path}");
    }
    end(&vm, 4);
    tick(&vm, 20);
    assert_eq!(period(), Duration::from_millis(60), "it slows down again");
}

#[test]
fn ticks_for_other_reasons_do_not_look_at_all_streams() {
    let vm = holder("rls");
    begin(&vm, 2, "/hold/a/25");
    begin(&vm, 3, "/call/b");
    assert_eq!(period(), Duration::from_millis(5));
    let renewed: Vec<_> = (0..20).flat_map(|_| tick(&vm, 5)).collect();
    assert_eq!(
        renewed,
        ["a renewed at 25", "a renewed at 50", "a renewed at 75", "a renewed at 100"],
        "but on time"
    );
}

#[test]
fn streams_of_another_plugin_are_not_renewed() {
    let vm = holder("rls");
    assert!(configure(&vm, 9, r#"{"say": "rls"}"#));
    begin(&vm, 2, "/hold/a/200");
    host::with(|host| host.monotonic = MonotonicTime { nanos: 1_000_000_000 });
    vm.on_tick(9);
    assert_eq!(done(), Vec::<String>::new());
    assert_eq!(tick(&vm, 0), ["a renewed at 1000"]);
}
