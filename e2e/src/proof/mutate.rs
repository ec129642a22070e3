//! Mutated requests, many at once over HTTP/1.1 and HTTP/2, each judged by itself.
//!
//! A request is made of its seed and its number alone, so that each can be sent again without those before it.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::task::JoinSet;

use super::chain::{Chain, patient};
use super::evidence::{Evidence, admitted};
use super::lane::Lane;
use super::oracle::Oracle;
use super::outcome::{Outcome, folder};
use super::people::People;
use super::shape::Shape;
use super::{head_mutation, token_mutation};
use crate::Error;
use crate::dice::Dice;
use crate::raw::RawAnswer;

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Mutate {
    /// Where all requests come from.
    pub seed: u64,
    /// How many.
    pub requests: u64,
    /// Of Envoy.
    pub workers: u32,
}

/// What was seen so far, for all lanes.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, u64>,
    /// Requests that the peer closed or reset without a word.
    unanswered: u64,
    /// Answers of the upstream.
    admitted: u64,
    /// Requests whose verdict was known beforehand.
    certain: u64,
    /// Requests that the upstream may have got twice.
    again: u64,
    by_kind: BTreeMap<&'static str, u64>,
    wrong: Vec<(u64, String, Shape)>,
}

/// Runs it.
///
/// # Errors
/// When a connection cannot be had.
pub async fn mutate(options: Mutate) -> Result<Outcome, Error> {
    let Mutate { seed, requests, workers } = options;
    let mut outcome = Outcome::new("mutate", seed);
    let chain = Chain::start(workers, false, patient).await;
    let hits_before = chain.hits().await;
    let people = Arc::new(chain.people.clone());
    let evidence = Arc::new(Evidence::new(Oracle::new(&people)));
    let begun = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let (next, people, evidence) = (Arc::clone(&next), Arc::clone(&people), Arc::clone(&evidence));
        let addr = chain.stack.envoy.addr("http");
        lanes.spawn(async move {
            let numbers = || {
                let from = next.fetch_add(BATCH, Ordering::Relaxed);
                from.min(requests)..(from + BATCH).min(requests)
            };
            drive(Lane::new(addr, lane % 3 == 2), seed, numbers, &people, &evidence).await
        });
    }
    let mut sum = Seen::default();
    while let Some(ended) = lanes.join_next().await {
        sum.add(ended??);
    }
    let took = begun.elapsed().as_secs_f64();
    report(&mut outcome, options, &sum, took)?;
    let hits = chain.hits().await - hits_before;
    outcome.figure("requests that the upstream got", hits);
    outcome.figure("sent twice, or not waited for to the end", sum.again);
    outcome.holds(
        (sum.admitted..=sum.admitted + sum.again).contains(&hits),
        format!(
            "the upstream got {hits} requests, {} were answered by it ({} sent twice)",
            sum.admitted, sum.again
        ),
    );
    for death in chain.deaths().await {
        outcome.breaks(format!("a VM died: {death}"));
    }
    Ok(outcome)
}

/// Sends one of them again and says what came back.
///
/// # Errors
/// When a connection cannot be had.
pub async fn replay(seed: u64, index: u64, workers: u32) -> Result<Outcome, Error> {
    let mut outcome = Outcome::new("mutate", seed);
    let chain = Chain::start(workers, false, patient).await;
    let shape = shape(seed, index, &chain.people);
    let evidence = Evidence::new(Oracle::new(&chain.people));
    outcome.figure("index", index);
    outcome.figure("history", shape.history.join(", "));
    outcome.figure("request", shape.bytes().escape_ascii().to_string());
    outcome.figure("expected", format!("{:?}", shape.expected));
    for (name, http2) in [("HTTP/1.1", false), ("HTTP/2", true)] {
        let mut lane = Lane::new(chain.stack.envoy.addr("http"), http2);
        for answers in lane.send(std::slice::from_ref(&shape)).await? {
            for answer in &answers {
                outcome.figure(format!("{name}: status"), answer.status);
                outcome.figure(format!("{name}: body"), answer.body.escape_ascii().to_string());
                if let Err(why) = evidence.judge(&shape, answer) {
                    outcome.breaks(why);
                }
            }
        }
    }
    for death in chain.deaths().await {
        outcome.breaks(format!("a VM died: {death}"));
    }
    Ok(outcome)
}

/// The request of this number.
fn shape(seed: u64, number: u64, people: &People) -> Shape {
    let mut dice = Dice::of(seed, number);
    let (method, path) = *dice.one(BASES);
    let mut shape = match dice.roll(10) {
        0 => {
            let shape = Shape::new(method, path, None);
            Shape { expected: Shape::verdict(method, path, None), ..shape }
        }
        1 => {
            let (why, token) = dice.one(&people.bad);
            let mut shape = Shape::new(method, path, Some(token));
            shape.history.push(why);
            Shape { expected: Shape::verdict(method, path, None), ..shape }
        }
        _ => {
            let person = dice.one(&people.good);
            let verified = person.verified();
            let shape = Shape::new(method, path, Some(&person.token));
            Shape { expected: Shape::verdict(method, path, Some(&verified)), ..shape }
        }
    };
    // One thing is wrong with most of them, two with some, and nothing with a few.
    for _ in 0..*dice.one(&[0, 1, 1, 1, 1, 1, 2, 2, 3]) {
        match dice.roll(10) {
            0..=3 => token(&mut dice, &mut shape, people),
            4..=6 => head_mutation::path(&mut dice, &mut shape),
            7 => head_mutation::method(&mut dice, &mut shape),
            _ => head_mutation::line(&mut dice, &mut shape, people),
        }
    }
    // Where it ends must be told from the bytes of the answer, and what the upstream saw from its report.
    shape.alone |= shape.splits();
    if (shape.alone || shape.rewritten) && shape.method == b"HEAD" {
        shape.method = b"GET".to_vec();
    }
    shape
}

fn token(dice: &mut Dice, shape: &mut Shape, people: &People) {
    for (name, value) in &mut shape.lines {
        let Some(token) = value.strip_prefix(b"Bearer ").and_then(|token| str::from_utf8(token).ok()) else {
            continue;
        };
        if name != b"authorization" || token.len() < 20 {
            continue;
        }
        let (kind, changed) = token_mutation::mutated(dice, people, token);
        *value = [b"Bearer ".as_slice(), &changed].concat();
        shape.history.push(kind);
        shape.expected.clear();
        return;
    }
}

/// Sends the requests of these numbers, until there are no more, and judges what comes back.
async fn drive(
    mut lane: Lane,
    seed: u64,
    numbers: impl Fn() -> Range<u64>,
    people: &People,
    evidence: &Evidence,
) -> Result<Seen, Error> {
    let mut seen = Seen::default();
    loop {
        let numbers = numbers();
        if numbers.is_empty() {
            seen.again += lane.again();
            return Ok(seen);
        }
        let shapes: Vec<Shape> = numbers.clone().map(|number| shape(seed, number, people)).collect();
        let answers = lane.send(&shapes).await?;
        for ((number, shape), answers) in numbers.zip(shapes).zip(answers) {
            seen.judge(evidence, number, shape, &answers);
        }
    }
}

impl Seen {
    fn judge(&mut self, evidence: &Evidence, number: u64, shape: Shape, answers: &[RawAnswer]) {
        self.certain += u64::from(!shape.expected.is_empty());
        for kind in &shape.history {
            *self.by_kind.entry(kind).or_default() += 1;
        }
        if answers.is_empty() {
            self.unanswered += 1;
            // What came after the client's patience was not seen.
            self.again += u64::from(shape.alone);
            if !shape.expected.is_empty() {
                self.wrong.push((number, format!("no answer instead of {:?}", shape.expected), shape));
            }
            return;
        }
        let mut wrong = None;
        for answer in answers {
            *self.statuses.entry(answer.status).or_default() += 1;
            self.admitted += u64::from(admitted(answer.status));
            // The farewell's path is open to everybody; the judge sees it in the upstream's report.
            wrong = wrong.or(evidence.judge(&shape, answer).err());
        }
        if let Some(why) = wrong {
            self.wrong.push((number, why, shape));
        }
    }

    fn add(&mut self, other: Self) {
        other.statuses.into_iter().for_each(|(status, n)| *self.statuses.entry(status).or_default() += n);
        other.by_kind.into_iter().for_each(|(kind, n)| *self.by_kind.entry(kind).or_default() += n);
        self.unanswered += other.unanswered;
        self.admitted += other.admitted;
        self.certain += other.certain;
        self.again += other.again;
        self.wrong.extend(other.wrong);
    }
}

fn report(outcome: &mut Outcome, options: Mutate, seen: &Seen, took: f64) -> Result<(), Error> {
    outcome.figure("requests", options.requests);
    outcome.figure("seconds", format!("{took:.1}"));
    outcome.figure("requests a second", format!("{:.0}", options.requests as f64 / took));
    outcome.figure("verdict known beforehand", seen.certain);
    outcome.figure("answered by the upstream", seen.admitted);
    outcome.figure("closed or reset without an answer", seen.unanswered);
    for (status, count) in &seen.statuses {
        outcome.figure(format!("status {status}"), *count);
    }
    outcome.figure("kinds of mutations", seen.by_kind.len());
    outcome.holds(
        seen.admitted * 20 > options.requests,
        "less than one in twenty got through: that proves little",
    );
    let mut wrong: Vec<_> = seen.wrong.iter().collect();
    wrong.sort_by_key(|(number, ..)| *number);
    for (place, (number, why, shape)) in wrong.into_iter().enumerate() {
        let history = shape.history.join(", ");
        if place < SHOWN {
            let file = folder("chaos")?.join(format!("request-{}-{number}.http", options.seed));
            fs::write(&file, shape.bytes())?;
        }
        // Some paths are as long as a book.
        let why: String = why.chars().take(600).collect();
        outcome.breaks(format!("--seed {} --index {number} ({history}): {why}", options.seed));
    }
    Ok(())
}

const LANES: usize = 18;
/// Requests on one connection at once.
const BATCH: u64 = 16;
const SHOWN: usize = 20;
const BASES: &[(&str, &str)] = &[
    ("GET", "/orders"),
    ("GET", "/orders/4711?color=red"),
    ("GET", "/orders/4711/items"),
    ("HEAD", "/orders"),
    ("POST", "/orders"),
    ("DELETE", "/orders/4711"),
    ("GET", "/admin"),
    ("GET", "/admin/users"),
    ("GET", "/public"),
    ("GET", "/public/style.css"),
    ("GET", "/healthz"),
    ("GET", "/unknown"),
];
