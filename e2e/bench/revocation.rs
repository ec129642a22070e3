//! How long a token is still taken after the source says that it is revoked, while requests keep coming to all workers.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use e2e::{Bootstrap, Error, Key, Lists, Stack, parse_yaml};
use serde_json::{Value, json};

use crate::auth::{ISSUER, bearer, draft, provider};
use crate::case::ROUTES;
use crate::cpu::Urgent;
use crate::options::Options;
use crate::stream::{PATIENCE, Stream};

/// What was seen of a list that changes again and again.
#[derive(Debug, Default)]
pub(crate) struct Revocation {
    /// Milliseconds from just before the source has the new list to the first request with the token that is refused, a
    /// revocation each.
    pub(crate) first_refused: Vec<f64>,
    /// The same to the last one that is not: then all workers know.
    pub(crate) last_accepted: Vec<f64>,
    pub(crate) requests: usize,
    /// Requests without the answer that they should get, by reason: other tokens are always good.
    pub(crate) lost: BTreeMap<String, usize>,
}

/// Revokes and reinstates one of two tokens.
pub(crate) async fn measure(options: &Options) -> Result<Revocation, Error> {
    println!("{} revocations, one after another, polled every {REFRESH:?}", options.revocations);
    let key = Key::p256("es256");
    let mut measured = Revocation::default();
    for begin in (0..options.revocations).step_by(TOGETHER) {
        measured.measure(&key, TOGETHER.min(options.revocations - begin)).await?;
    }
    Ok(measured)
}

impl Revocation {
    /// In an Envoy of its own: how far apart its workers poll is decided when they start.
    async fn measure(&mut self, key: &Key, revocations: usize) -> Result<(), Error> {
        let stack = Stack::try_start(bootstrap(key)?).await.map_err(|e| e.to_string())?;
        let list = stack.records.at(PATH);
        list.serve(document(&[])).await;
        let _urgent = Urgent::with(&stack.envoy);
        let [revoked, other] =
            [REVOKED, "other"].map(|jti| vec![bearer(&draft().claim("jti", jti).sign(key))]);
        // Three of four in a row are about the revoked one, so that the moments are known to some milliseconds.
        let requests = [revoked.clone(), revoked.clone(), revoked, other];
        let mut stream = Stream::open(stack.envoy.addr("http"), &requests);
        self.watch(&mut stream, WINDOW).await?;
        check_workers(&stack).await?;
        for _ in 0..revocations {
            self.revoke(&mut stream, &list).await?;
        }
        Ok(())
    }

    /// One revocation, at any moment between two fetches, and back.
    async fn revoke(&mut self, stream: &mut Stream, list: &Lists) -> Result<(), Error> {
        self.watch(stream, up_to(REFRESH)).await?;
        let begun = Instant::now();
        list.serve(document(&[REVOKED])).await;
        let Seen { first_refused, last_accepted } = self.watch(stream, WINDOW).await?;
        let millis = |at: Instant| at.saturating_duration_since(begun).as_secs_f64() * 1e3;
        let first = first_refused.ok_or_else(|| format!("nothing was revoked within {WINDOW:?}"))?;
        self.first_refused.push(millis(first));
        self.last_accepted.push(last_accepted.map_or(0.0, millis));
        list.serve(document(&[])).await;
        let begun = Instant::now();
        while self.watch(stream, QUIET).await?.first_refused.is_some() {
            if begun.elapsed() > PATIENCE {
                return Err(format!("still revoked after {PATIENCE:?}").into());
            }
        }
        Ok(())
    }

    /// Looks at all answers that come in this time.
    async fn watch(&mut self, stream: &mut Stream, time: Duration) -> Result<Seen, Error> {
        let begun = Instant::now();
        let mut seen = Seen::default();
        while begun.elapsed() < time {
            let answer = stream.next().await?;
            self.requests += 1;
            let other = answer.asked == OTHER;
            let why = match answer.got {
                Ok((200, _)) if other => continue,
                Ok((200, _)) => {
                    seen.last_accepted = Some(answer.at);
                    continue;
                }
                Ok((401, _)) if !other => {
                    seen.first_refused = seen.first_refused.or(Some(answer.at));
                    continue;
                }
                Ok((status, body)) if other => format!("another token: {status} {body}"),
                Ok((status, body)) => format!("{status} {body}"),
                Err(why) => why.to_string(),
            };
            *self.lost.entry(why).or_default() += 1;
        }
        Ok(seen)
    }
}

/// The moments of answers about the revoked token.
#[derive(Debug, Default)]
struct Seen {
    first_refused: Option<Instant>,
    last_accepted: Option<Instant>,
}

fn bootstrap(key: &Key) -> Result<Bootstrap, Error> {
    let refresh = format!("{}ms", REFRESH.as_millis());
    let policy = json!({
        "providers": [provider(&json!({ "keys": [key.jwk()] }))],
        "revoked": { "http": { "cluster": "revocations", "path": PATH, "refresh": refresh } },
        "rules": [{ "require": { "token": "idp" } }],
    });
    let routes = parse_yaml(ROUTES)?;
    Ok(Bootstrap::auth().workers(WORKERS).policy_value(policy).connection_manager(|manager| {
        manager["route_config"]["virtual_hosts"][0]["routes"] = routes;
    }))
}

fn document(revoked: &[&str]) -> String {
    let entries: Vec<Value> = revoked.iter().map(|jti| json!({ "iss": ISSUER, "jti": jti })).collect();
    json!({ "revoked": entries }).to_string()
}

/// A worker without connections would never be seen to be late.
async fn check_workers(stack: &Stack) -> Result<(), Error> {
    let text = stack.envoy.admin("/stats?filter=\\.worker_.*downstream_cx_active$").await;
    let busy = text.lines().filter(|line| !line.ends_with(": 0")).count();
    if busy == WORKERS as usize {
        Ok(())
    } else {
        Err(format!("not all workers have connections: {text}").into())
    }
}

/// Some time below this one.
fn up_to(time: Duration) -> Duration {
    let drawn = RandomState::new().hash_one(()) % 1024;
    time * u32::try_from(drawn).unwrap_or_default() / 1024
}

/// How often the list is fetched.
pub(crate) const REFRESH: Duration = Duration::from_millis(200);
/// How long answers are watched after a change: far longer than it should take.
const WINDOW: Duration = Duration::from_millis(500);
/// Without a refusal for so long, every worker has the token reinstated: each is asked about it more often.
const QUIET: Duration = Duration::from_millis(100);
const WORKERS: u32 = 2;
/// As many revocations are measured in one Envoy.
const TOGETHER: usize = 5;
const REVOKED: &str = "revoked";
/// The place of the other token in the requests.
const OTHER: usize = 3;
const PATH: &str = "/revoked";
