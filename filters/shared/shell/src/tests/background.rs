//! Questions in the background, and the requests that wait for what comes of them.

mod crowd;

use super::*;
use filter_api::{Answer, Ask, Background, GrpcCall, Patience, Reply, SharedData, UnixTime};
use std::time::Duration;

thread_local! {
    static DECIDED: Cell<usize> = const { Cell::new(0) };
    /// What another worker put into shared data.
    static ELSEWHERE: Cell<u32> = const { Cell::new(0) };
}

/// `{ say: cluster }`. A request takes a credit. If there is none, it waits, and asks unless somebody did.
///
/// Path `/ahead`: it goes on and asks; `/own`: it waits and asks for itself, whoever did; `/never`: it always does.
struct Borrower(Rc<Account>);

struct Account {
    cluster: String,
    credits: Cell<u32>,
    asked: Cell<bool>,
    failed: Cell<bool>,
}

struct Loan {
    account: Rc<Account>,
    path: Vec<u8>,
}

impl Background for Loan {
    fn call(&self) -> GrpcCall<'_> {
        let cluster = self.account.cluster.as_str();
        let timeout = Duration::from_millis(if cluster == "slow" { 1_000 } else { 20 });
        GrpcCall { cluster, service: "probe.Service", method: "Lend", message: &self.path, timeout }
    }

    fn on(&self, answer: Answer, _: &dyn SharedData) -> Vec<Counter> {
        let Account { credits, asked, failed, .. } = self.account.as_ref();
        asked.set(false);
        match answer {
            Answer::Message(message) => {
                credits.set(credits.get() + u32::from(message.first().copied().unwrap_or(0)));
                vec![Counter(0)]
            }
            _ => {
                failed.set(self.path != b"/never");
                vec![Counter(1)]
            }
        }
    }
}

impl Filter for Borrower {
    const NAME: &'static str = "borrower";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.borrower";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::Refuse;
    const WAITS: bool = true;
    const ASKS: bool = true;

    fn configure(config: &Value) -> Result<Self, ConfigError> {
        let cluster = Speaker::read(config)?.say;
        let (asked, failed) = (Cell::new(false), Cell::new(false));
        Ok(Self(Rc::new(Account { cluster, credits: Cell::new(0), asked, failed })))
    }

    fn counters(&self) -> Vec<StatName> {
        vec![StatName::new("sluice.borrower.lent"), StatName::new("sluice.borrower.failed")]
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        Vec::new()
    }

    fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p> {
        DECIDED.set(DECIDED.get() + 1);
        let path = request.fields().first(":path").unwrap().to_vec();
        let Account { credits, asked, failed, .. } = self.0.as_ref();
        credits.set(credits.get() + ELSEWHERE.take());
        let ask = |path: &[u8]| Ask(Rc::new(Loan { account: Rc::clone(&self.0), path: path.to_vec() }));
        if path == b"/ahead" {
            return Decision::Continue(Effects { ask: Some(ask(&path)), ..Effects::default() });
        }
        if let Some(left) = credits.get().checked_sub(1) {
            credits.set(left);
            return Decision::Continue(Effects::default());
        }
        if request.may_wait() && !failed.get() {
            let is_first = !asked.replace(true) || path == b"/own" || path == b"/never";
            let span = Duration::from_millis(100);
            return Decision::Wait(Patience { span, ask: is_first.then(|| ask(&path)) });
        }
        Decision::Reply(Reply {
            status: 503,
            fields: Vec::new(),
            body: b"".as_slice().into(),
            details: if failed.get() { "failed" } else { "gave up" }.to_owned(),
            grpc_status: None,
            counters: Vec::new(),
        })
    }
}

fn borrower(cluster: &str) -> Vm<Borrower> {
    DECIDED.set(0);
    ELSEWHERE.set(0);
    host::with(|host| {
        *host = Host::default();
        host.now = UnixTime::from_secs(1_000_000);
    });
    let vm = Vm::default();
    assert!(configure(&vm, ROOT, &format!(r#"{{"say": "{cluster}"}}"#)));
    vm
}

fn begin(vm: &Vm<Borrower>, stream: u32, path: &str) -> Action {
    let action = request(vm, stream, &[(":path", path.as_bytes())]).0;
    assert_eq!(host::with(|host| host.context), stream, "the stream is current again");
    action
}

fn lend(vm: &Vm<Borrower>, token: u32, credits: u8) {
    host::with(|host| {
        host.context = ROOT;
        host.buffers.insert(5, vec![credits]);
    });
    vm.on_grpc_receive(token, 1);
    vm.on_grpc_close(token, 0);
    assert_eq!(host::with(|host| host.context), ROOT, "host calls act for the root again");
}

fn tick(vm: &Vm<Borrower>, millis: u64) {
    host::with(|host| {
        host.context = ROOT;
        host.pass(Duration::from_millis(millis));
    });
    vm.on_tick(ROOT);
}

/// What happened to the streams that stood still: resumed, replied.
fn outcome() -> (Vec<u32>, Vec<String>) {
    host::with(|host| {
        let replies = std::mem::take(&mut host.replies);
        (std::mem::take(&mut host.resumed), replies.into_iter().map(|(_, details)| details).collect())
    })
}

/// How many questions are out or were, all of them the root's.
fn asked() -> usize {
    host::with(|host| {
        assert!(host.grpc_contexts.iter().all(|context| *context == ROOT), "{:?}", host.grpc_contexts);
        host.grpc_calls.len()
    })
}

fn period() -> u128 {
    host::with(|host| host.tick_period).as_millis()
}

#[test]
fn an_answer_wakes_all_that_wait() {
    let vm = borrower("rls");
    assert_eq!((begin(&vm, 2, "/"), begin(&vm, 3, "/")), (Action::Pause, Action::Pause));
    assert_eq!((asked(), period()), (1, 1), "another worker may hear the answer");
    lend(&vm, 1, 3);
    assert_eq!(outcome(), (vec![2, 3], vec![]));
    assert_eq!((metric("sluice.borrower.lent"), metric("sluice.borrower.failed")), (1, 0));
    assert_eq!(begin(&vm, 4, "/"), Action::Continue);
    tick(&vm, 5);
    assert_eq!((outcome(), period()), ((vec![], vec![]), 0), "once, and then there is nothing to do");
}

#[test]
fn whose_question_it_was_does_not_matter() {
    let vm = borrower("rls");
    assert_eq!(begin(&vm, 2, "/ahead"), Action::Continue);
    assert_eq!((asked(), period()), (1, 5), "its time must end, too");
    assert_eq!(begin(&vm, 3, "/"), Action::Pause);
    // Those who asked are gone. Their questions are not.
    host::with(|host| host.contexts.remove(&2));
    lend(&vm, 1, 1);
    assert_eq!(outcome(), (vec![3], vec![]));
    assert_eq!(begin(&vm, 4, "/"), Action::Pause);
    host::with(|host| host.contexts.remove(&4));
    lend(&vm, 3, 1);
    assert_eq!(outcome(), (vec![], vec![]), "nobody is there to be woken");
    assert_eq!(begin(&vm, 5, "/"), Action::Continue);
}

#[test]
fn a_request_that_must_wait_again_keeps_its_patience() {
    let vm = borrower("slow");
    begin(&vm, 2, "/");
    tick(&vm, 10);
    begin(&vm, 3, "/");
    lend(&vm, 1, 1);
    assert_eq!((outcome(), asked()), ((vec![2], vec![]), 2), "the other one asks now");
    assert_eq!(period(), 1);
    tick(&vm, 20);
    assert_eq!(outcome(), (vec![], vec![]));
    lend(&vm, 2, 0);
    tick(&vm, 79);
    assert_eq!(outcome(), (vec![], vec![]), "99 ms after it came");
    tick(&vm, 1);
    assert_eq!(outcome(), (vec![], vec!["gave up".to_owned()]));
}

#[test]
fn every_other_end_is_an_answer_too() {
    for (name, cluster, status) in
        [("a status", "rls", Some(14)), ("no answer in time", "rls", None), ("not sent", "nowhere", None)]
    {
        let vm = borrower(cluster);
        assert_eq!(begin(&vm, 2, "/"), Action::Pause, "{name}");
        match status {
            Some(status) => vm.on_grpc_close(1, status),
            None if cluster == "rls" => {
                tick(&vm, 24);
                assert_eq!(outcome(), (vec![], vec![]), "{name}");
                tick(&vm, 1);
                assert_eq!(host::with(|host| host.cancelled.clone()), [1], "{name}");
            }
            None => {}
        }
        assert_eq!(outcome(), (vec![], vec!["failed".to_owned()]), "{name}");
        assert_eq!(metric("sluice.borrower.failed"), 1, "{name}");
        lend(&vm, 1, 7);
        assert_eq!(metric("sluice.borrower.lent"), 0, "{name}: too late");
        tick(&vm, 5);
        assert_eq!((outcome(), period()), ((vec![], vec![]), 0), "{name}");
    }
}

#[test]
fn a_question_that_cannot_be_sent_is_not_asked_for_ever() {
    let vm = borrower("nowhere");
    assert_eq!(begin(&vm, 2, "/never"), Action::Pause);
    assert_eq!((DECIDED.get(), outcome()), (3, (vec![], vec!["gave up".to_owned()])));
    assert_eq!(metric("sluice.borrower.failed"), 2, "the last time it may not ask");
    assert!(!vm.waiting.has(ROOT));
    assert_eq!(begin(&vm, 3, "/ahead"), Action::Continue, "nobody waits for this one");
    assert_eq!((metric("sluice.borrower.failed"), period()), (3, 0));
}

#[test]
fn another_worker_may_have_heard() {
    let vm = borrower("rls");
    begin(&vm, 2, "/");
    tick(&vm, 5);
    assert_eq!((outcome(), DECIDED.get()), ((vec![], vec![]), 2));
    // What the other worker wrote into shared data is seen at the next tick.
    ELSEWHERE.set(1);
    tick(&vm, 5);
    assert_eq!(outcome(), (vec![2], vec![]));
}
