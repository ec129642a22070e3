//! A host in memory for native unit tests: one stream, one shared-data map, and a log of the calls that were made.

use super::{Buffer, FieldMap, Level, Metric, MetricKind, Status, Token};
use filter_api::{Fields, GrpcCall, MonotonicTime, UnixTime};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Fields, line by line.
pub type Lines = Vec<(String, Vec<u8>)>;

/// What the host knows and what it was told.
#[derive(Debug, Default)]
pub struct Host {
    /// Fields by map.
    pub fields: BTreeMap<u32, Lines>,
    /// Attributes by path, `.` for NUL.
    pub properties: BTreeMap<String, Vec<u8>>,
    /// Buffers by kind.
    pub buffers: BTreeMap<u32, Vec<u8>>,
    /// Metrics by name; the index of the name is the metric.
    pub metrics: Vec<(String, i64)>,
    /// Shared data with its compare-and-swap numbers.
    pub shared: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    /// Whether nobody may use it.
    pub withholds_shared: bool,
    /// What other workers do right before the next writes.
    pub meddling: VecDeque<fn()>,
    /// The wall clock.
    pub now: UnixTime,
    /// The monotonic clock.
    pub monotonic: MonotonicTime,
    /// Whether the host gives no random bits.
    pub withholds_random: bool,
    /// What was logged.
    pub log: Vec<String>,
    /// Answers of foreign functions by name.
    pub foreign: BTreeMap<String, Vec<u8>>,
    /// What the last of them was given.
    pub foreign_arguments: Vec<u8>,
    /// The context that host calls act for.
    pub context: u32,
    /// The streams that were resumed.
    pub resumed: Vec<u32>,
    /// What was replied.
    pub replies: Vec<(u16, String)>,
    /// Contexts that exist.
    pub contexts: BTreeSet<u32>,
    /// Callouts that were started: cluster and fields.
    pub callouts: Vec<(String, Lines)>,
    /// gRPC calls that were started: method and message.
    pub grpc_calls: Vec<(String, Vec<u8>)>,
    /// The contexts that they were made for.
    pub grpc_contexts: Vec<u32>,
    /// gRPC calls that were given up.
    pub cancelled: Vec<u32>,
    /// The timer of the current root context.
    pub tick_period: Duration,
    /// How many host calls were made, log lines apart.
    pub calls: usize,
}

impl Host {
    /// Lets time pass, by both clocks.
    pub fn pass(&mut self, span: Duration) {
        self.now = self.now.plus(span);
        self.monotonic = self.monotonic.plus(span);
    }
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

/// Looks at the host, or sets it up.
pub fn with<T>(look: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(look)
}

fn call<T>(act: impl FnOnce(&mut Host) -> T) -> T {
    with(|host| {
        host.calls = host.calls.saturating_add(1);
        act(host)
    })
}

/// See the wasm version.
pub fn log(_: Level, text: &str) {
    with(|host| host.log.push(text.to_owned()));
}

/// See the wasm version.
#[must_use]
pub fn now() -> UnixTime {
    call(|host| host.now)
}

/// See the wasm version.
#[must_use]
pub fn monotonic() -> MonotonicTime {
    call(|host| host.monotonic)
}

/// See the wasm version. Not random, but never the same twice.
#[must_use]
pub fn random() -> Option<u128> {
    call(|host| u128::try_from(host.calls).ok().filter(|_| !host.withholds_random))
}

/// See the wasm version.
pub fn set_tick_period(period: Duration) -> Result<(), Status> {
    call(|host| host.tick_period = period);
    Ok(())
}

/// See the wasm version.
pub fn set_effective_context(context: u32) -> Result<(), Status> {
    call(|host| {
        if !host.contexts.contains(&context) {
            return Err(Status::BadArgument);
        }
        host.context = context;
        Ok(())
    })
}

/// See the wasm version. The token is the number of calls so far; a cluster `nowhere` takes none.
pub fn grpc_call(grpc: &GrpcCall<'_>) -> Result<Token, Status> {
    call(|host| {
        super::grpc_service(grpc.cluster).ok_or(Status::BadArgument)?;
        if grpc.cluster == "nowhere" {
            return Err(Status::ParseFailure);
        }
        host.grpc_contexts.push(host.context);
        host.grpc_calls.push((grpc.method.to_owned(), grpc.message.to_vec()));
        u32::try_from(host.grpc_calls.len()).map(Token).map_err(|_| Status::Other(10))
    })
}

/// See the wasm version. A context knows its own calls only.
pub fn cancel_grpc_call(token: Token) {
    call(|host| {
        let index = usize::try_from(token.0).unwrap_or(usize::MAX).checked_sub(1);
        if index.and_then(|index| host.grpc_contexts.get(index)) == Some(&host.context) {
            host.cancelled.push(token.0);
        }
    });
}

/// See the wasm version.
pub fn continue_request() -> Result<(), Status> {
    call(|host| host.resumed.push(host.context));
    Ok(())
}

/// See the wasm version.
pub fn buffer(kind: Buffer, max: usize) -> Result<Vec<u8>, Status> {
    call(|host| {
        let bytes = host.buffers.get(&(kind as u32)).ok_or(Status::NotFound)?;
        Ok(bytes.iter().copied().take(max).collect())
    })
}

/// See the wasm version.
pub fn fields(map: FieldMap) -> Result<Vec<u8>, Status> {
    call(|host| {
        let lines = host.fields.get(&(map as u32)).ok_or(Status::BadArgument)?;
        Ok(Fields::serialise(lines.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()))))
    })
}

/// See the wasm version.
pub fn add_field(map: FieldMap, name: &str, value: &[u8]) -> Result<(), Status> {
    call(|host| host.fields.entry(map as u32).or_default().push((name.to_owned(), value.to_vec())));
    Ok(())
}

/// See the wasm version.
pub fn replace_field(map: FieldMap, name: &str, value: &[u8]) -> Result<(), Status> {
    call(|host| {
        let lines = host.fields.entry(map as u32).or_default();
        lines.retain(|(key, _)| key != name);
        lines.push((name.to_owned(), value.to_vec()));
    });
    Ok(())
}

/// See the wasm version.
pub fn remove_field(map: FieldMap, name: &str) -> Result<(), Status> {
    call(|host| host.fields.entry(map as u32).or_default().retain(|(key, _)| key != name));
    Ok(())
}

/// See the wasm version.
pub fn property(path: &[u8]) -> Result<Vec<u8>, Status> {
    let path = String::from_utf8_lossy(path).replace('\0', ".");
    call(|host| host.properties.get(&path).cloned().ok_or(Status::NotFound))
}

/// See the wasm version.
pub fn set_property(key: &str, value: &[u8]) -> Result<(), Status> {
    call(|host| host.properties.insert(format!("wasm.{key}"), value.to_vec()));
    Ok(())
}

/// See the wasm version.
pub fn define_metric(_: MetricKind, name: &str) -> Result<Metric, Status> {
    call(|host| {
        host.metrics.push((name.to_owned(), 0));
        u32::try_from(host.metrics.len()).map(Metric).map_err(|_| Status::Other(10))
    })
}

/// See the wasm version.
pub fn increment(metric: Metric, by: i64) {
    change(metric, |value| value.saturating_add(by));
}

/// See the wasm version.
pub fn record(metric: Metric, value: u64) {
    change(metric, |_| i64::try_from(value).unwrap_or(i64::MAX));
}

fn change(metric: Metric, new: impl FnOnce(i64) -> i64) {
    call(|host| {
        let index = usize::try_from(metric.0).unwrap_or(usize::MAX).checked_sub(1);
        if let Some((_, value)) = index.and_then(|index| host.metrics.get_mut(index)) {
            *value = new(*value);
        }
    });
}

/// See the wasm version.
pub fn shared_data(key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
    call(|host| {
        if host.withholds_shared {
            return Err(Status::Unimplemented);
        }
        host.shared.get(key).cloned().ok_or(Status::NotFound)
    })
}

/// See the wasm version.
pub fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
    if let Some(meddle) = with(|host| host.meddling.pop_front()) {
        meddle();
    }
    call(|host| {
        if host.withholds_shared {
            return Err(Status::Unimplemented);
        }
        let next = host.shared.values().map(|(_, cas)| *cas).max().unwrap_or(0).saturating_add(1);
        match host.shared.get(key) {
            Some((_, current)) if cas != 0 && cas != *current => return Err(Status::CasMismatch),
            _ => host.shared.insert(key.to_vec(), (value.to_vec(), next)),
        };
        Ok(())
    })
}

/// See the wasm version. The token is the number of callouts so far.
pub fn http_call(cluster: &str, fields: &[(&str, &[u8])], _: &[u8], _: Duration) -> Result<Token, Status> {
    call(|host| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        host.callouts.push((cluster.to_owned(), fields));
        u32::try_from(host.callouts.len()).map(Token).map_err(|_| Status::Other(10))
    })
}

/// See the wasm version.
pub fn foreign_function(name: &str, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    call(|host| {
        host.foreign_arguments = arguments.to_vec();
        host.foreign.get(name).cloned().ok_or(Status::NotFound)
    })
}

/// See the wasm version.
pub fn reply(status: u16, details: &str, _: &[(&str, &[u8])], _: &[u8], _: Option<u8>) -> Result<(), Status> {
    call(|host| host.replies.push((status, details.to_owned())));
    Ok(())
}
