//! A filter that lends places and credits, all of them in shared data: what the end-to-end tests of held things, of
//! questions in the background and of records load.
//!
//! `{ cluster, timeout, renewal }`. A request says in `x-do` what it wants:
//!
//! * `hold`: a place until it ends.
//! * `call`: the same, and the service is asked first: a message `no` refuses.
//! * `borrow`: a credit. If there is none, it waits while the service is asked for a number of them.
//! * `ahead`: nothing, but the service is asked for credits.
//! * anything else: an answer that tells about places, renewals, time, scope and secret.

use filter_shell::{
    Answer, Ask, Background, BadRoutePolicy, Call, ConfigError, Counter, Decision, Document, Effects, Filter,
    GrpcCall, Held, Holding, HostRequest, Patience, Pending, RecordKey, Reply, RequestHead, SharedData,
    StatName, Value, config, parse_duration,
};
use std::rc::Rc;
use std::time::Duration;

const PLACES: RecordKey = RecordKey([1; 16]);
const RENEWALS: RecordKey = RecordKey([2; 16]);
const CREDITS: RecordKey = RecordKey([3; 16]);
/// 1 while a question is out.
const ASKED: RecordKey = RecordKey([4; 16]);
/// 1 after one that was answered otherwise than with a number.
const FAILED: RecordKey = RecordKey([5; 16]);

struct Keeper(Rc<Service>);

struct Service {
    cluster: String,
    timeout: Duration,
    renewal: Duration,
}

impl Filter for Keeper {
    const NAME: &'static str = "keeper";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.keeper";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::Refuse;
    const WAITS: bool = true;
    const CALLS: bool = true;
    const ASKS: bool = true;
    const HOLDS: bool = true;

    fn configure(config: &Value) -> Result<Self, ConfigError> {
        config::read(config, |node| {
            let mut map = node.map()?;
            let cluster = map.required("cluster", |node| node.text().map(str::to_owned));
            let timeout = map.required("timeout", |node| node.parse(parse_duration));
            let renewal = map.required("renewal", |node| node.parse(parse_duration));
            map.finish();
            Some(Self(Rc::new(Service { cluster: cluster?, timeout: timeout?, renewal: renewal? })))
        })
    }

    fn counters(&self) -> Vec<StatName> {
        ["lent", "failed"].map(|outcome| StatName::new("sluice.keeper.asked").tag("outcome", outcome)).into()
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        Vec::new()
    }

    fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p> {
        let place = || {
            change(request, PLACES, |places| places.checked_add(1));
            Held(Rc::new(Place(Rc::clone(&self.0))))
        };
        let ask = || Ask(Rc::new(Loan(Rc::clone(&self.0))));
        match request.fields().first("x-do") {
            Some(b"hold") => Decision::Continue(Effects { held: Some(place()), ..Effects::default() }),
            Some(b"call") => {
                Decision::Call(Call(Rc::new(Question { service: Rc::clone(&self.0), held: place() })))
            }
            Some(b"ahead") => Decision::Continue(Effects { ask: Some(ask()), ..Effects::default() }),
            Some(b"borrow") => {
                if change(request, CREDITS, |credits| credits.checked_sub(1)) {
                    return Decision::Continue(Effects::default());
                }
                if read(request, FAILED) == 1 || !request.may_wait() {
                    return refuse("no credit".to_owned());
                }
                let is_first = change(request, ASKED, |asked| (asked == 0).then_some(1));
                Decision::Wait(Patience { span: self.0.timeout, ask: is_first.then(ask) })
            }
            _ => refuse(format!(
                r#"{{"places": {}, "renewals": {}, "now": {}, "scope": "{}", "secret": "{}"}}"#,
                read(request, PLACES),
                read(request, RENEWALS),
                request.monotonic().nanos,
                request.scope(),
                request.secret(),
            )),
        }
    }
}

struct Place(Rc<Service>);

impl Holding for Place {
    fn give_back(&self, shared: &dyn SharedData) {
        change(shared, PLACES, |places| places.checked_sub(1));
    }

    fn renew(&self, shared: &dyn SharedData) {
        change(shared, RENEWALS, |renewals| renewals.checked_add(1));
    }

    fn renewal(&self) -> Duration {
        self.0.renewal
    }
}

struct Question {
    service: Rc<Service>,
    held: Held,
}

impl Pending for Question {
    fn call(&self) -> GrpcCall<'_> {
        self.service.call()
    }

    fn held(&self) -> Option<Held> {
        Some(self.held.clone())
    }

    fn on(&self, answer: Answer, _: &dyn RequestHead, _: &dyn SharedData) -> Decision<'static> {
        match answer {
            Answer::Message(message) if message != b"no" => Decision::Continue(Effects::default()),
            _ => refuse("no".to_owned()),
        }
    }
}

struct Loan(Rc<Service>);

impl Background for Loan {
    fn call(&self) -> GrpcCall<'_> {
        self.0.call()
    }

    fn on(&self, answer: Answer, shared: &dyn SharedData) -> Vec<Counter> {
        change(shared, ASKED, |_| Some(0));
        let lent = match &answer {
            Answer::Message(message) => {
                std::str::from_utf8(message).ok().and_then(|number| number.parse().ok())
            }
            _ => None,
        };
        change(shared, FAILED, |_| Some(u64::from(lent.is_none())));
        let lent: u64 = lent.unwrap_or(0);
        change(shared, CREDITS, |credits| credits.checked_add(lent));
        vec![Counter(u16::from(lent == 0))]
    }
}

impl Service {
    fn call(&self) -> GrpcCall<'_> {
        let Self { cluster, timeout, .. } = self;
        GrpcCall { cluster, service: "sluice.Test", method: "Lend", message: b"", timeout: *timeout }
    }
}

fn read(shared: &dyn SharedData, key: RecordKey) -> u64 {
    shared.shared(key).map_or(0, |(record, _)| number(&record))
}

fn number(record: &[u8]) -> u64 {
    record.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Changes a number, unless `next` has none.
fn change(shared: &dyn SharedData, key: RecordKey, next: impl Fn(u64) -> Option<u64>) -> bool {
    loop {
        let seen = shared.shared(key);
        let (known, version) = seen.map_or((0, None), |(record, version)| (number(&record), Some(version)));
        let Some(next) = next(known) else { return false };
        if shared.write_shared(key, &next.to_le_bytes(), version).is_ok() {
            return true;
        }
    }
}

fn refuse(body: String) -> Decision<'static> {
    Decision::Reply(Reply {
        status: 404,
        fields: Vec::new(),
        body: body.into_bytes().into(),
        details: "sluice_keeper{refused}".to_owned(),
        grpc_status: None,
        counters: Vec::new(),
    })
}

filter_shell::export!(Keeper: tick, grpc, stream_end);
