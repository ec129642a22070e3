//! A filter that asks a gRPC service about each request: what the end-to-end tests of gRPC calls load.
//!
//! `{ cluster, timeout }`. An answer is the value of `x-sluice-subset`; anything else is 503 and says what it was.

use filter_shell::{
    Answer, BadRoutePolicy, Call, ConfigError, Decision, Document, Effects, Filter, GrpcCall, HostRequest,
    Mutation, Pending, Reply, RequestHead, SharedData, StatName, Value, config, parse_duration,
};
use std::rc::Rc;
use std::time::Duration;

struct Asker {
    cluster: String,
    timeout: Duration,
}

impl Filter for Asker {
    const NAME: &'static str = "asker";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.asker";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::Refuse;
    const CALLS: bool = true;

    fn configure(config: &Value) -> Result<Self, ConfigError> {
        config::read(config, |node| {
            let mut map = node.map()?;
            let cluster = map.required("cluster", |node| node.text().map(str::to_owned));
            let timeout = map.required("timeout", |node| node.parse(parse_duration));
            map.finish();
            Some(Self { cluster: cluster?, timeout: timeout? })
        })
    }

    fn counters(&self) -> Vec<StatName> {
        Vec::new()
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        Vec::new()
    }

    fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p> {
        let message = request.fields().first("x-question").unwrap_or_default().to_vec();
        let Self { cluster, timeout } = self;
        Decision::Call(Call(Rc::new(Question { cluster: cluster.clone(), timeout: *timeout, message })))
    }
}

struct Question {
    cluster: String,
    timeout: Duration,
    message: Vec<u8>,
}

impl Pending for Question {
    fn call(&self) -> GrpcCall<'_> {
        let Self { cluster, timeout, message } = self;
        GrpcCall { cluster, service: "sluice.Test", method: "Ask", message, timeout: *timeout }
    }

    fn on(&self, answer: Answer, _: &dyn RequestHead, _: &dyn SharedData) -> Decision<'static> {
        let what = match answer {
            Answer::Message(message) => {
                let request = vec![Mutation::Set("x-sluice-subset", message.into())];
                return Decision::Continue(Effects { request, ..Effects::default() });
            }
            Answer::Status(status) => format!("status_{status}"),
            Answer::Unsent => "unsent".to_owned(),
            Answer::TimedOut => "timed_out".to_owned(),
        };
        Decision::Reply(Reply {
            status: 503,
            fields: Vec::new(),
            body: what.clone().into_bytes().into(),
            details: format!("sluice_asker{{{what}}}"),
            grpc_status: None,
            counters: Vec::new(),
        })
    }
}

filter_shell::export!(Asker: tick, grpc);
