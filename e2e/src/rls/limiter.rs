//! What the service answers: Limitador's engine, and the shape that its own server gives the answer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use limitador::limit::{Context, Limit};
use limitador::{AsyncRateLimiter, CheckResult, RateLimiter};
use tokio::sync::Mutex;

use super::message::{Code, Duration, Pair, Question, Status, Verdict};
use super::storage::RedisStorage;
use crate::Error;

/// Where the counters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In this process: gone with it.
    Memory,
    /// In the Redis there.
    Redis(SocketAddr),
}

/// What stands in an answer besides the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Nothing: Limitador's default.
    Plain,
    /// `X-RateLimit-*` (draft 03), as Limitador adds if told to.
    Headers,
    /// A status that says when the window resets, as `envoyproxy/ratelimit` does.
    Statuses,
}

pub(crate) struct Limiter {
    engine: Engine,
    answers: Answers,
    pub(crate) counted: Counted,
}

/// What was asked of the service since it started.
#[derive(Default)]
pub(crate) struct Counted {
    /// Calls, answered or not.
    pub(crate) calls: AtomicU64,
    /// Hits that were asked for.
    pub(crate) hits: AtomicU64,
    /// Hits that were given.
    pub(crate) granted: AtomicU64,
}

enum Engine {
    /// Limitador asks and spends in two steps; one caller at a time makes that one.
    Memory(Mutex<RateLimiter>),
    Redis(AsyncRateLimiter),
}

impl Limiter {
    /// `limits`: a file in Limitador's own form.
    pub(crate) fn new(limits: &str, storage: Storage, answers: Answers) -> Result<Self, Error> {
        let limits: Vec<Limit> = serde_saphyr::from_str(limits)?;
        let engine = match storage {
            Storage::Memory => {
                let limiter = RateLimiter::new(KEPT);
                for limit in limits {
                    limiter.add_limit(limit);
                }
                Engine::Memory(Mutex::new(limiter))
            }
            Storage::Redis(addr) => {
                let limiter = AsyncRateLimiter::new_with_storage(Box::new(RedisStorage::new(addr)));
                for limit in limits {
                    limiter.add_limit(limit);
                }
                Engine::Redis(limiter)
            }
        };
        Ok(Self { engine, answers, counted: Counted::default() })
    }

    pub(crate) async fn answer(&self, question: Question) -> Result<Verdict, tonic::Status> {
        let Question { domain, descriptors, hits_addend } = question;
        self.counted.calls.fetch_add(1, Ordering::Relaxed);
        if domain.is_empty() {
            return Ok(Verdict { overall_code: Code::Unknown.into(), ..Verdict::default() });
        }
        let hits = u64::from(hits_addend.max(1));
        self.counted.hits.fetch_add(hits, Ordering::Relaxed);
        let entries = descriptors.into_iter().map(|descriptor| {
            descriptor.entries.into_iter().map(|Pair { key, value }| (key, value)).collect::<HashMap<_, _>>()
        });
        let mut context = Context::default();
        context.list_binding("descriptors".to_owned(), entries.collect());
        let domain = domain.as_str().into();
        let checked = match &self.engine {
            Engine::Memory(limiter) => {
                limiter.lock().await.check_rate_limited_and_update(&domain, &context, hits)
            }
            Engine::Redis(limiter) => limiter.check_rate_limited_and_update(&domain, &context, hits).await,
        };
        match checked {
            Ok(checked) => {
                if !checked.limited {
                    self.counted.granted.fetch_add(hits, Ordering::Relaxed);
                }
                Ok(self.verdict(checked))
            }
            // As Limitador: a code UNKNOWN would let the request pass in Envoy.
            Err(_) => Err(tonic::Status::unavailable("Service unavailable")),
        }
    }

    fn verdict(&self, mut checked: CheckResult) -> Verdict {
        let code = if checked.limited { Code::OverLimit } else { Code::Ok };
        let mut verdict = Verdict { overall_code: code.into(), ..Verdict::default() };
        match self.answers {
            Answers::Plain => {}
            Answers::Headers => {
                let headers = checked.response_header().into_iter();
                verdict.response_headers_to_add = headers.map(|(key, value)| Pair { key, value }).collect();
                verdict.response_headers_to_add.sort_by(|a, b| a.key.cmp(&b.key));
            }
            Answers::Statuses => verdict.statuses.extend(checked.counters.iter().map(|counter| {
                let reset = counter.expires_in().unwrap_or(counter.window());
                Status {
                    code: code.into(),
                    limit_remaining: u32::try_from(counter.remaining().unwrap_or(0)).unwrap_or(u32::MAX),
                    duration_until_reset: Some(Duration {
                        seconds: i64::try_from(reset.as_secs()).unwrap_or(i64::MAX),
                        nanos: i32::try_from(reset.subsec_nanos()).unwrap_or(0),
                    }),
                }
            })),
        }
        verdict
    }
}

impl FromStr for Storage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(if text == "memory" { Self::Memory } else { Self::Redis(text.parse()?) })
    }
}

impl Storage {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Memory => "memory".to_owned(),
            Self::Redis(addr) => addr.to_string(),
        }
    }
}

impl FromStr for Answers {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = [Self::Plain, Self::Headers, Self::Statuses];
        Ok(known.into_iter().find(|answers| answers.name() == name).ok_or("plain, headers or statuses")?)
    }
}

impl Answers {
    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Counters in memory at once; Limitador's own default is a thousand.
const KEPT: u64 = 1_000_000;
