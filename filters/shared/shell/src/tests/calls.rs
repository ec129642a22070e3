//! Requests that wait for the answer of a gRPC service.

use super::*;
use filter_api::{Answer, Call, GrpcCall, Pending, Reply, RequestHead, SharedData, UnixTime};
use std::time::Duration;

/// `{ say: cluster }`: asks a service of that cluster and does what it says.
struct Asker(String);

struct Question(String);

impl Pending for Question {
    fn call(&self) -> GrpcCall<'_> {
        GrpcCall {
            cluster: &self.0,
            service: "probe.Service",
            method: "Ask",
            message: b"question",
            timeout: Duration::from_millis(20),
        }
    }

    fn on(&self, answer: Answer, request: &dyn RequestHead, _: &dyn SharedData) -> Decision<'static> {
        let path = request.fields().first(":path").unwrap_or_default().to_vec();
        match answer {
            Answer::Message(message) if message == b"again" => {
                Decision::Call(Call(Rc::new(Question("second".to_owned()))))
            }
            Answer::Message(message) => Decision::Continue(Effects {
                request: vec![Mutation::Set("x-said", [path, message].concat().into())],
                counters: vec![Counter(0)],
                ..Effects::default()
            }),
            refused => Decision::Reply(Reply {
                status: 503,
                fields: Vec::new(),
                body: b"".as_slice().into(),
                details: format!("{refused:?}"),
                grpc_status: None,
                counters: Vec::new(),
            }),
        }
    }
}

impl Filter for Asker {
    const NAME: &'static str = "asker";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.asker";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::Refuse;
    const CALLS: bool = true;

    fn configure(config: &Value) -> Result<Self, ConfigError> {
        config::read(config, |node| {
            let mut map = node.map()?;
            let say = map.required("say", |node| node.text().map(str::to_owned));
            map.finish();
            say.map(Self)
        })
    }

    fn counters(&self) -> Vec<StatName> {
        vec![StatName::new("sluice.asker.said")]
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        Vec::new()
    }

    fn on_request_head<'p>(&'p self, _: &HostRequest<'_>) -> Decision<'p> {
        Decision::Call(Call(Rc::new(Question(self.0.clone()))))
    }
}

fn asker(cluster: &str) -> Vm<Asker> {
    host::with(|host| host.now = UnixTime::from_secs(1_000_000));
    let vm = Vm::default();
    assert!(configure(&vm, ROOT, &format!(r#"{{"say": "{cluster}"}}"#)));
    vm
}

fn begin(vm: &Vm<Asker>, stream: u32) -> Action {
    request(vm, stream, &[(":path", b"/")]).0
}

fn message(vm: &Vm<Asker>, token: u32, message: &[u8]) {
    host::with(|host| host.buffers.insert(5, message.to_vec()));
    vm.on_grpc_receive(token, message.len());
    // As Envoy does after each message of a unary call.
    vm.on_grpc_close(token, 0);
}

fn outcome() -> (Vec<u32>, Vec<String>) {
    host::with(|host| {
        let replies = std::mem::take(&mut host.replies);
        (std::mem::take(&mut host.resumed), replies.into_iter().map(|(_, details)| details).collect())
    })
}

#[test]
fn an_answer_decides() {
    let vm = asker("rls");
    assert_eq!((begin(&vm, 2), begin(&vm, 3)), (Action::Pause, Action::Pause));
    assert_eq!(host::with(|host| host.grpc_calls.clone()), vec![("Ask".to_owned(), b"question".to_vec()); 2]);
    message(&vm, 2, b" said so");
    assert_eq!(outcome(), (vec![3], vec![]), "the other request");
    assert_eq!(said(FieldMap::Request).as_deref(), Some("/ said so"));
    assert_eq!(metric("sluice.asker.said"), 1);
    message(&vm, 2, b"twice");
    message(&vm, 77, b"to nobody");
    assert_eq!(outcome(), (vec![], vec![]));
    message(&vm, 1, b"");
    assert_eq!(outcome(), (vec![2], vec![]));
}

#[test]
fn every_other_end_is_an_answer_too() {
    let vm = asker("rls");
    for status in 1..=16 {
        begin(&vm, 2);
        vm.on_grpc_close(status, status);
        assert_eq!(outcome(), (vec![], vec![format!("Status({status})")]));
    }
    let vm = asker("nowhere");
    assert_eq!(begin(&vm, 2), Action::Pause);
    assert_eq!(outcome(), (vec![], vec!["Unsent".to_owned()]));
}

#[test]
fn nobody_waits_for_longer_than_the_timeout() {
    let vm = asker("rls");
    begin(&vm, 2);
    assert_eq!(host::with(|host| host.tick_period), Duration::from_millis(5));
    let tick = |millis| {
        host::with(|host| host.pass(Duration::from_millis(millis)));
        vm.on_tick(ROOT);
    };
    tick(24);
    assert_eq!(outcome(), (vec![], vec![]));
    tick(1);
    assert_eq!(outcome(), (vec![], vec!["TimedOut".to_owned()]));
    assert_eq!(host::with(|host| host.cancelled.clone()), [1]);
    message(&vm, 1, b"late");
    assert_eq!(outcome(), (vec![], vec![]));
    assert_eq!(host::with(|host| (host.tick_period, host.context)), (Duration::ZERO, ROOT));
}

#[test]
fn a_call_that_the_host_ends_when_its_time_is_over_has_timed_out() {
    // Envoy says UNAVAILABLE of its own timeout, too, and may be a little early.
    let rows = [(0, "Status(14)"), (14, "Status(14)"), (15, "TimedOut"), (20, "TimedOut")];
    for (token, (millis, want)) in (1..).zip(rows) {
        let vm = asker("rls");
        begin(&vm, 2);
        host::with(|host| host.pass(Duration::from_millis(millis)));
        vm.on_grpc_close(token, 14);
        assert_eq!(outcome(), (vec![], vec![want.to_owned()]), "after {millis} ms");
    }
}

#[test]
fn a_stream_that_ends_takes_its_call_along() {
    let vm = asker("rls");
    begin(&vm, 2);
    begin(&vm, 3);
    host::with(|host| host.context = 2);
    vm.on_stream_end(2);
    assert_eq!(host::with(|host| host.cancelled.clone()), [1], "its own, and no other");
    message(&vm, 1, b"late");
    assert_eq!(outcome(), (vec![], vec![]));
    message(&vm, 2, b"!");
    assert_eq!(outcome(), (vec![3], vec![]));
}

#[test]
fn an_answer_may_lead_to_another_question() {
    let vm = asker("rls");
    begin(&vm, 2);
    message(&vm, 1, b"again");
    assert_eq!(outcome(), (vec![], vec![]));
    message(&vm, 2, b"!");
    assert_eq!(outcome(), (vec![2], vec![]));
}

#[test]
fn a_stream_that_was_reset_is_forgotten() {
    let vm = asker("rls");
    begin(&vm, 2);
    host::with(|host| host.contexts.remove(&2));
    message(&vm, 1, b"late");
    assert_eq!(outcome(), (vec![], vec![]));
}

#[test]
fn only_so_many_calls_are_out() {
    let vm = asker("rls");
    for stream in 2..4_098 {
        begin(&vm, stream);
    }
    assert_eq!(outcome(), (vec![], vec![]));
    begin(&vm, 4_098);
    assert_eq!(outcome(), (vec![], vec!["Unsent".to_owned()]));
}

/// The timer is the plugin's, whoever sets it: a policy that is compiled meanwhile has nothing to wait for.
#[test]
fn a_policy_that_is_new_stops_no_clock() {
    let vm = asker("rls");
    begin(&vm, 2);
    host::with(|host| {
        host.properties
            .insert("xds.route_metadata.filter_metadata.sluice.asker".to_owned(), b"pairs".to_vec());
        let policy = metadata::metadata("sluice.asker", r#"{"say": "nowhere"}"#);
        host.properties.insert("xds.route_metadata".to_owned(), policy);
    });
    begin(&vm, 3);
    assert_eq!(outcome(), (vec![], vec!["Unsent".to_owned()]));
    assert_eq!(host::with(|host| host.tick_period), Duration::from_millis(5), "the first still waits");
}

/// Deadlines are spans: what the date is has no say in them.
#[test]
fn a_clock_that_is_set_back_keeps_nobody_waiting() {
    let vm = asker("rls");
    begin(&vm, 2);
    host::with(|host| {
        host.now = UnixTime::from_secs(1);
        host.monotonic = host.monotonic.plus(Duration::from_millis(25));
    });
    vm.on_tick(ROOT);
    assert_eq!(outcome(), (vec![], vec!["TimedOut".to_owned()]));
}
