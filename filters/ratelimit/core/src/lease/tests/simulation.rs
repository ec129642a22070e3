//! How far leases over- and under-admit: proxies, a service with windows, and requests at random, in steps of a
//! millisecond. The bounds are those of the module's documentation.

use crate::lease::{Asked, Balance, Lease, Terms};
use crate::rls::Reset;
use filter_api::MonotonicTime;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const STEP_NANOS: u64 = 1_000_000;
const WINDOW_STEPS: u64 = 1000;
const WINDOWS: u64 = 12;

/// What a service says about the end of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Exactly,
    WholeSeconds,
    Nothing,
}

struct Service {
    limit: u64,
    counts_refused: bool,
    names: Names,
    window: u64,
    used: u64,
}

impl Service {
    /// Whether so many more fit, and when the window ends.
    fn ask(&mut self, hits: u32, step: u64) -> (bool, Option<Reset>) {
        let window = step / WINDOW_STEPS;
        if window != self.window {
            (self.window, self.used) = (window, 0);
        }
        let sum = self.used + u64::from(hits);
        let fits = sum <= self.limit;
        if fits || self.counts_refused {
            self.used = sum;
        }
        let left = Duration::from_nanos((WINDOW_STEPS - step % WINDOW_STEPS) * STEP_NANOS);
        let reset = match self.names {
            Names::Exactly => Some(Reset { latest: left, earliest: left }),
            Names::WholeSeconds => Some(Reset { latest: Duration::from_secs(1), earliest: Duration::ZERO }),
            Names::Nothing => None,
        };
        (fits, reset)
    }
}

/// One proxy and its one key. A question takes some steps to arrive, and its answer some to come back.
struct Proxy {
    lease: Lease,
    question: Option<(Asked, u64)>,
    answer: Option<(Asked, Option<bool>, Option<Reset>, u64)>,
    /// Requests per thousand steps, by chance.
    load: u64,
    waiting: Vec<u64>,
}

struct Run {
    terms: Terms,
    service: Service,
    proxies: Vec<Proxy>,
    random: u64,
    admitted: Vec<u64>,
    /// Windows in which at least one proxy had far too many requests, all the time.
    flooded: Vec<bool>,
    /// Answers in a thousand that never come.
    loses: u64,
    /// Hits that the service counted in each window, and nobody heard of.
    lost: Vec<u64>,
}

impl Run {
    fn new(proxies: usize, size: u32, service: Service, loses: u64, seed: u64) -> Self {
        let terms = Terms { size, timeout: Duration::from_millis(20), period: Duration::from_secs(1) };
        let proxy = |_| Proxy {
            lease: Lease::new(&terms),
            question: None,
            answer: None,
            load: 0,
            waiting: Vec::new(),
        };
        Self {
            terms,
            service,
            proxies: (0..proxies).map(proxy).collect(),
            random: seed,
            admitted: vec![0; usize::try_from(WINDOWS).unwrap()],
            flooded: vec![false; usize::try_from(WINDOWS).unwrap()],
            loses,
            lost: vec![0; usize::try_from(WINDOWS).unwrap()],
        }
    }

    fn run(&mut self) {
        for step in 0..WINDOWS * WINDOW_STEPS {
            self.choose_loads(step);
            for place in 0..self.proxies.len() {
                self.step(place, step);
            }
        }
    }

    /// Every other window one proxy is flooded; what the others do changes eight times a window.
    fn choose_loads(&mut self, step: u64) {
        let window = step / WINDOW_STEPS;
        let count = u64::try_from(self.proxies.len()).unwrap();
        if step.is_multiple_of(WINDOW_STEPS) {
            self.flooded[usize::try_from(window).unwrap()] = window.is_multiple_of(2);
        }
        if step.is_multiple_of(WINDOW_STEPS / 8) {
            for place in 0..count {
                let flooded = window.is_multiple_of(2) && window / 2 % count == place;
                let load =
                    if flooded { 6000 } else { [0, 50, 500, 3000][usize::try_from(self.draw(4)).unwrap()] };
                self.proxies[usize::try_from(place).unwrap()].load = load;
            }
        }
    }

    fn step(&mut self, place: usize, step: u64) {
        let now = MonotonicTime { nanos: (step + WINDOW_STEPS * 100) * STEP_NANOS };
        self.travel(place, step, now);
        let load = self.proxies[place].load;
        let arriving = load / 1000 + u64::from(self.draw(1000) < load % 1000);
        let patience = 20;
        let mut waiting = std::mem::take(&mut self.proxies[place].waiting);
        waiting.extend(std::iter::repeat_n(step, usize::try_from(arriving).unwrap()));
        for since in waiting {
            let proxy = &mut self.proxies[place];
            if let Some(lease) = proxy.lease.take(now, &self.terms) {
                proxy.lease = lease;
                self.admitted[usize::try_from(step / WINDOW_STEPS).unwrap()] += 1;
            } else if !matches!(proxy.lease.balance(now, &self.terms), Balance::Over(_))
                && step - since < patience
            {
                proxy.waiting.push(since);
            } else {
                continue;
            }
            self.ask(place, step, now);
        }
        let held = self.proxies[place].lease.balance(now, &self.terms);
        assert!(!matches!(held, Balance::Credits(held) if held > self.terms.most()), "{held:?}");
    }

    fn ask(&mut self, place: usize, step: u64, now: MonotonicTime) {
        if let Some((lease, asked)) = self.proxies[place].lease.ask(now, &self.terms) {
            let arrives = step + self.draw(3);
            let proxy = &mut self.proxies[place];
            proxy.lease = lease;
            assert!(proxy.question.is_none() && proxy.answer.is_none(), "one question at a time");
            proxy.question = Some((asked, arrives));
        }
    }

    fn travel(&mut self, place: usize, step: u64, now: MonotonicTime) {
        if let Some((asked, at)) = self.proxies[place].question
            && at <= step
        {
            let (fits, reset) = self.service.ask(asked.hits, step);
            let is_lost = self.draw(1000) < self.loses;
            if is_lost && fits {
                self.lost[usize::try_from(step / WINDOW_STEPS).unwrap()] += u64::from(asked.hits);
            }
            let arrives = step + if is_lost { 18 } else { self.draw(3) };
            self.proxies[place].question = None;
            self.proxies[place].answer = Some((asked, (!is_lost).then_some(fits), reset, arrives));
        }
        let proxy = &mut self.proxies[place];
        if let Some((asked, fits, reset, at)) = proxy.answer
            && at <= step
        {
            proxy.answer = None;
            proxy.lease = match fits {
                Some(true) => proxy.lease.grant(asked, reset, now, &self.terms),
                Some(false) => proxy.lease.deny(asked, reset, now, &self.terms),
                None => proxy.lease.fail(asked, now, &self.terms),
            };
        }
    }

    /// A number below `end` (xorshift64).
    fn draw(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % end
    }
}

/// Over all runs with one service: the most above the limit, and the most below it in flooded windows, but for what was
/// lost in between.
fn measure(proxies: usize, size: u32, limit: u64, service: (bool, Names), loses: u64) -> (u64, u64) {
    let (counts_refused, names) = service;
    let (mut over, mut under) = (0, 0);
    for seed in 1..=2 {
        let service = Service { limit, counts_refused, names, window: 0, used: 0 };
        let mut run = Run::new(proxies, size, service, loses, 0x9E37_79B9_7F4A_7C15 ^ seed);
        run.run();
        for ((admitted, flooded), lost) in run.admitted.iter().zip(&run.flooded).zip(&run.lost) {
            over = over.max(admitted.saturating_sub(limit));
            if *flooded {
                under = under.max(limit.saturating_sub(admitted + lost));
            }
        }
    }
    (over, under)
}

#[test]
fn over_and_under_admission_stay_within_the_formula() {
    for proxies in 1..=3 {
        for (size, limit) in [(3, 100), (10, 500), (100, 1000)] {
            let held = u64::from(size * 2) * u64::try_from(proxies).unwrap();
            for counts_refused in [false, true] {
                for names in [Names::Exactly, Names::WholeSeconds, Names::Nothing] {
                    let name = format!("{proxies} proxies, {size} of {limit}, {counts_refused}, {names:?}");
                    let (over, under) = measure(proxies, size, limit, (counts_refused, names), 0);
                    assert!(
                        over <= if names == Names::Exactly { 0 } else { held },
                        "{name}: {over} too many"
                    );
                    let refused = if counts_refused { u64::from(size - 1) } else { 0 };
                    assert!(under <= held + refused, "{name}: {under} too few");
                }
            }
        }
    }
}

/// The bounds are not idle: what outlives its window is admitted beyond the limit, and what a service counts in vain is
/// missed.
#[test]
fn the_formula_is_not_far_from_what_happens() {
    let (over, _) = measure(1, 100, 1000, (false, Names::WholeSeconds), 0);
    assert!(over > 100, "{over} of 200");
    let (_, under) = measure(3, 100, 1000, (true, Names::Exactly), 0);
    assert!(under > 20, "{under} of 699");
}

/// Hits of which nobody hears are missed, and nothing else.
#[test]
fn answers_that_never_come_cost_what_they_granted() {
    for names in [Names::Exactly, Names::Nothing] {
        for counts_refused in [false, true] {
            let (over, under) = measure(2, 10, 200, (counts_refused, names), 100);
            assert!(over <= if names == Names::Exactly { 0 } else { 30 }, "{names:?}: {over} too many");
            assert!(under <= 39, "{names:?}: {under} too few");
        }
    }
}
