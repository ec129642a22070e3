//! The fetched documents of one policy: host calls around `filter_api::fetch`.

use crate::host::{self, Buffer, FieldMap, Level, Metric, Token};
use crate::log::Log;
use crate::shared::CREATE;
use crate::stats::Metrics;
use filter_api::fetch::{Event, Fetcher, Head, Next};
use filter_api::{Document, Fields, HttpSource, Slot, StatName, UnixTime};
use std::rc::Rc;
use std::time::Duration;
use xxhash_rust::xxh64::xxh64;

/// All documents of one policy.
#[derive(Debug, Default)]
pub(crate) struct Documents(Slot<Vec<Task>>);

#[derive(Debug)]
struct Task {
    fetcher: Fetcher,
    keys: Keys,
    stats: Stats,
    token: Option<Token>,
}

/// Where the workers of one plugin meet in shared data.
#[derive(Debug)]
struct Keys {
    head: String,
    body: String,
    lease: String,
}

#[derive(Debug)]
struct Stats {
    age_seconds: Metric,
    entries: Metric,
    updated: Metric,
    unchanged: Metric,
    failed: Metric,
}

impl Documents {
    /// Registers what a policy wants; `prefix` names the plugin in shared data.
    pub(crate) fn new(wanted: Vec<Rc<dyn Document>>, filter: &str, prefix: &str, metrics: &Metrics) -> Self {
        let task = |document: Rc<dyn Document>| Task {
            keys: Keys::new(prefix, document.kind(), document.source()),
            stats: Stats::define(filter, document.as_ref(), metrics),
            fetcher: Fetcher::new(document),
            token: None,
        };
        Self(Slot::new(wanted.into_iter().map(task).collect()))
    }

    /// When the next tick is wanted; `None` if there is nothing to fetch.
    pub(crate) fn poll_interval(&self) -> Option<Duration> {
        self.0.with(|tasks| tasks.iter().map(|task| task.fetcher.poll_interval()).min()).flatten()
    }

    /// Lets every machine go one step. The borrow ends before a callout starts: its answer may come at once.
    ///
    /// Whether a document was put into use or confirmed.
    pub(crate) fn on_tick(&self, busy: bool, log: &Log) -> bool {
        let now = host::now();
        let count = self.0.with(|tasks| tasks.len()).unwrap_or(0);
        for index in 0..count {
            let due = self.with(index, |task| task.on_tick(busy, now, log)).flatten();
            if let Some(request) = due {
                let sent = request.send();
                self.with(index, |task| task.sent(sent, now, log));
            }
        }
        self.take_news()
    }

    /// Takes an answer if it is one of ours: `Some`, and whether a document was put into use or confirmed.
    pub(crate) fn on_answer(&self, token: Token, fields: u32, body_size: usize, log: &Log) -> Option<bool> {
        let answered = self.0.with(|tasks| {
            let task = tasks.iter_mut().find(|task| task.token == Some(token))?;
            task.token = None;
            task.on_answer(fields, body_size, log);
            Some(())
        });
        answered.flatten().map(|()| self.take_news())
    }

    fn take_news(&self) -> bool {
        let news = |tasks: &mut Vec<Task>| {
            tasks.iter_mut().fold(false, |news, task| task.fetcher.take_news() | news)
        };
        self.0.with(news).unwrap_or(false)
    }

    fn with<T>(&self, index: usize, act: impl FnOnce(&mut Task) -> T) -> Option<T> {
        self.0.with(|tasks| tasks.get_mut(index).map(act)).flatten()
    }
}

/// A GET that is due.
struct Request {
    source: HttpSource,
    etag: Option<Vec<u8>>,
}

impl Request {
    fn send(&self) -> Option<Token> {
        let Self { source, etag } = self;
        let mut fields: Vec<(&str, &[u8])> = vec![
            (":method", b"GET"),
            (":path", source.path.as_bytes()),
            (":authority", source.authority.as_bytes()),
            ("accept", b"*/*"),
        ];
        if let Some(etag) = etag {
            fields.push(("if-none-match", etag));
        }
        host::http_call(&source.cluster, &fields, &[], source.timeout).ok()
    }
}

impl Task {
    fn on_tick(&mut self, busy: bool, now: UnixTime, log: &Log) -> Option<Request> {
        // In this order: whoever sees the lease free also sees what its last holder published.
        let (leased_until, cas) = self.lease();
        let head =
            host::shared_data(self.keys.head.as_bytes()).ok().and_then(|(bytes, _)| Head::from_bytes(&bytes));
        if let Some(head) = &head {
            host::record(self.stats.age_seconds, now.since(head.checked_at).as_secs());
        }
        match self.fetcher.on(Event::Tick { head: head.clone(), leased_until, busy }, now) {
            Next::Lease { until } => {
                self.write_lease(until, cas)?;
                let next = self.fetcher.on(Event::Leased { head }, now);
                let Next::Send { etag } = next else { return None };
                Some(Request { source: self.fetcher.document().source().clone(), etag })
            }
            other => {
                self.act(other, log);
                None
            }
        }
    }

    /// `None`: the host refused the call, for instance because there is no such cluster.
    fn sent(&mut self, token: Option<Token>, now: UnixTime, log: &Log) {
        self.token = token;
        if token.is_none() {
            let next = self.fetcher.on(Event::Failed, now);
            self.act(next, log);
        }
    }

    fn on_answer(&mut self, fields: u32, body_size: usize, log: &Log) {
        let now = host::now();
        // Without fields the call failed, and the host has no map to read.
        let fields = if fields == 0 { None } else { host::fields(FieldMap::CalloutResponse).ok() };
        let event = fields.map_or(Event::Failed, |fields| {
            let fields = Fields::new(&fields);
            let status =
                fields.first(":status").and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
            let status = status.unwrap_or(0);
            let etag = fields.first("etag").unwrap_or_default().to_vec();
            let acceptable = status == 200 && body_size <= self.fetcher.document().source().max_bytes;
            let body = match (acceptable, body_size) {
                (false, _) => None,
                (true, 0) => Some(Vec::new()),
                (true, size) => host::buffer(Buffer::CalloutBody, size).ok(),
            };
            Event::Answer { status, etag, body, random: random_u64() }
        });
        let next = self.fetcher.on(event, now);
        self.act(next, log);
    }

    fn act(&mut self, next: Next, log: &Log) {
        match next {
            Next::Rest | Next::Lease { .. } | Next::Send { .. } => {}
            Next::Install(version) => {
                // A body that cannot be read is refused like a damaged one, and then fetched again.
                let body =
                    host::shared_data(self.keys.body.as_bytes()).map(|(body, _)| body).unwrap_or_default();
                self.install(version, body, log);
            }
            Next::Confirm(head) => {
                if self.publish(&self.keys.head, &head.to_bytes(), log) {
                    host::increment(self.stats.unchanged, 1);
                }
            }
            Next::Publish(head, body) => {
                // The body first: a head must never name a body that is not there.
                let published = self.publish(&self.keys.body, &body, log)
                    && self.publish(&self.keys.head, &head.to_bytes(), log);
                if published {
                    host::increment(self.stats.updated, 1);
                    self.install(head.version, body, log);
                    let document = self.fetcher.document();
                    if let Some(remark) = document.remark() {
                        log.line(
                            Level::Warn,
                            &format!("{} `{}`: {remark}", document.kind(), document.name()),
                        );
                    }
                }
            }
            Next::Fail { until, reason } => {
                host::increment(self.stats.failed, 1);
                let (_, cas) = self.lease();
                let _ = self.write_lease(until, cas);
                let document = self.fetcher.document();
                let line = format!("{} `{}` was not refreshed: {reason}", document.kind(), document.name());
                log.line(Level::Warn, &line);
            }
        }
    }

    fn publish(&self, key: &str, value: &[u8], log: &Log) -> bool {
        let result = host::set_shared_data(key.as_bytes(), value, 0);
        if let Err(status) = result {
            log.line(Level::Error, &format!("{key}: cannot publish: {status}"));
        }
        result.is_ok()
    }

    fn install(&mut self, version: u64, body: Vec<u8>, log: &Log) {
        match self.fetcher.install(version, body) {
            Ok(entries) => host::record(self.stats.entries, entries),
            Err(reason) => log.line(Level::Error, &format!("{}: {reason}", self.keys.body)),
        }
    }

    fn lease(&self) -> (UnixTime, u32) {
        let millis = |bytes: &[u8]| bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
        host::shared_data(self.keys.lease.as_bytes()).map_or((UnixTime::default(), CREATE), |(bytes, cas)| {
            (UnixTime::from_millis(millis(&bytes)), cas)
        })
    }

    fn write_lease(&self, until: UnixTime, cas: u32) -> Option<()> {
        host::set_shared_data(self.keys.lease.as_bytes(), &until.as_millis().to_le_bytes(), cas).ok()
    }
}

impl Keys {
    fn new(prefix: &str, kind: &str, source: &HttpSource) -> Self {
        let HttpSource { cluster, authority, path, .. } = source;
        let source = xxh64(format!("{cluster}\0{authority}\0{path}").as_bytes(), 0);
        let base = format!("{prefix}/{kind}/{source:016x}");
        Self { head: format!("{base}/head"), body: format!("{base}/body"), lease: format!("{base}/lease") }
    }
}

impl Stats {
    fn define(filter: &str, document: &dyn Document, metrics: &Metrics) -> Self {
        let (kind, name) = (document.kind(), document.name());
        let stat = |what: &str| StatName::new(&format!("sluice.{filter}.{kind}_{what}")).tag(kind, name);
        let fetches = |outcome: &str| metrics.counter(&stat("fetches").tag("outcome", outcome));
        Self {
            age_seconds: metrics.gauge(&stat("age_seconds")),
            entries: metrics.gauge(&stat("entries")),
            updated: fetches("updated"),
            unchanged: fetches("unchanged"),
            failed: fetches("failed"),
        }
    }
}

fn random_u64() -> u64 {
    let bits = host::random().unwrap_or_else(|| u128::from(host::now().nanos));
    xxh64(&bits.to_le_bytes(), 0)
}
