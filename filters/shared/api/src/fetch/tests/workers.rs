//! Several workers over one shared data, in orders that a seed decides. Each look at shared data and each write is a
//! step of its own, so another worker may come between any two of them.

use super::super::MIN_POLL;
use super::{Event, Fetcher, Head, Next, Rc, UnixTime, Words};
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What all workers see.
struct World {
    millis: u64,
    arbitrary: Arbitrary,
    /// End in milliseconds, and how often it was written (the host's `cas`).
    lease: (u64, u64),
    head: Option<Vec<u8>>,
    body: Vec<u8>,
    source: Source,
}

/// Where the document comes from.
struct Source {
    content: u64,
    /// Answers that are on their way: worker and time.
    in_flight: Vec<(usize, u64)>,
    requests: Vec<u64>,
    failing: bool,
    max_latency: usize,
}

struct Worker {
    words: Rc<Words>,
    fetcher: Fetcher,
    next_tick: u64,
    doing: Doing,
}

/// Where a worker stands inside one callback, with the time that it was told when the callback began.
enum Doing {
    Nothing,
    ReadHead { lease: (u64, u64), now: UnixTime },
    TakeLease { until: UnixTime, cas: u64, head: Option<Head>, now: UnixTime },
    WriteHead(Head, Option<Vec<u8>>),
    Install(u64),
}

impl World {
    fn new(seed: u64, max_latency: usize) -> Self {
        let source = Source { content: 1, in_flight: vec![], requests: vec![], failing: false, max_latency };
        let arbitrary = Arbitrary::new(seed);
        Self { millis: 5_000, arbitrary, lease: (0, 0), head: None, body: vec![], source }
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.millis)
    }

    fn head(&self) -> Option<Head> {
        self.head.as_deref().and_then(Head::from_bytes)
    }

    fn write_lease(&mut self, until: UnixTime) {
        self.lease = (until.as_millis(), self.lease.1 + 1);
    }

    /// The request leaves; what is published must be old enough.
    fn send(&mut self, worker: usize, words: &Words) {
        let refresh = words.source.refresh;
        if let Some(head) = self.head() {
            assert!(self.now().since(head.checked_at) >= refresh, "too early at {}", self.millis);
        }
        let latency = self.arbitrary.below(self.source.max_latency) + 1;
        self.source.in_flight.push((worker, self.millis + u64::try_from(latency).unwrap()));
        self.source.requests.push(self.millis);
    }

    fn answer(&mut self, asked_for: Option<&[u8]>) -> Event {
        let etag = self.source.content.to_string().into_bytes();
        if self.source.failing {
            return Event::Failed;
        }
        let current = asked_for == Some(&etag);
        Event::Answer {
            status: if current { 304 } else { 200 },
            body: (!current).then(|| etag.clone()),
            etag,
            random: self.arbitrary.number(),
        }
    }
}

impl Worker {
    fn new(refresh_ms: u64, timeout_ms: u64, steps: usize) -> Self {
        let words = Words::new(refresh_ms, timeout_ms, steps);
        let fetcher = Fetcher::new(Rc::<Words>::clone(&words));
        Self { words, fetcher, next_tick: 0, doing: Doing::Nothing }
    }

    /// One look at shared data, or one write, or the start of a callback.
    fn step(&mut self, me: usize, world: &mut World) {
        let now = world.now();
        match std::mem::replace(&mut self.doing, Doing::Nothing) {
            Doing::Nothing => self.start(me, world),
            Doing::ReadHead { lease: (until, cas), now } => {
                let head = world.head();
                let busy = world.arbitrary.below(2) == 0;
                let leased_until = UnixTime::from_millis(until);
                let next = self.fetcher.on(Event::Tick { head: head.clone(), leased_until, busy }, now);
                self.doing = match next {
                    Next::Lease { until } => Doing::TakeLease { until, cas, head, now },
                    next => self.act(next, world),
                };
            }
            Doing::TakeLease { until, cas, head, now } if world.lease.1 == cas => {
                world.write_lease(until);
                let next = self.fetcher.on(Event::Leased { head }, now);
                if let Next::Send { .. } = next {
                    world.send(me, &self.words);
                }
            }
            Doing::TakeLease { .. } => {}
            Doing::WriteHead(head, body) => {
                world.head = Some(head.to_bytes());
                if let Some(body) = body {
                    self.fetcher.install(head.version, body).unwrap();
                }
            }
            Doing::Install(version) => {
                let _ = self.fetcher.install(version, world.body.clone());
            }
        }
        let wait = u64::try_from(self.fetcher.poll_interval().as_millis()).unwrap();
        self.next_tick = self.next_tick.min(now.as_millis() + wait);
    }

    fn start(&mut self, me: usize, world: &mut World) {
        let answered =
            world.source.in_flight.iter().position(|(worker, at)| *worker == me && *at <= world.millis);
        if let Some(index) = answered {
            world.source.in_flight.remove(index);
            let etag = world.head().map(|head| head.etag);
            let event = world.answer(etag.as_deref());
            let next = self.fetcher.on(event, world.now());
            self.doing = self.act(next, world);
        } else if world.millis >= self.next_tick {
            self.next_tick = u64::MAX;
            self.doing = Doing::ReadHead { lease: world.lease, now: world.now() };
        }
    }

    fn act(&mut self, next: Next, world: &mut World) -> Doing {
        match next {
            Next::Install(version) => Doing::Install(version),
            Next::Confirm(head) => Doing::WriteHead(head, None),
            Next::Publish(head, body) => {
                world.body.clone_from(&body);
                Doing::WriteHead(head, Some(body))
            }
            Next::Fail { until, .. } => {
                world.write_lease(until);
                Doing::Nothing
            }
            Next::Rest | Next::Lease { .. } | Next::Send { .. } => Doing::Nothing,
        }
    }

    fn is_building(&self) -> bool {
        self.fetcher.poll_interval() < MIN_POLL
    }

    fn is_up_to_date(&self, world: &World) -> bool {
        self.words.installed() == world.body
            && self.words.installed() == world.source.content.to_string().as_bytes()
    }
}

/// Lets the workers run until `end`; the source changes about every `change` steps.
fn run(world: &mut World, workers: &mut [Worker], end: u64, change: usize) {
    while world.millis < end {
        let index = world.arbitrary.below(workers.len());
        workers[index].step(index, world);
        let building = workers.iter().filter(|worker| worker.is_building()).count();
        assert!(world.source.in_flight.len() + building <= 1, "two at it at {}", world.millis);
        // Mostly little time passes, sometimes everybody stands still for a while.
        world.millis += match world.arbitrary.below(200) {
            0 => 60,
            1..100 => 1,
            _ => 0,
        };
        if change > 0 && world.arbitrary.below(change) == 0 {
            world.source.content += 1;
        }
    }
}

#[test]
fn one_of_them_fetches_and_all_install() {
    // Refresh, timeout, steps of a build, latency: quick and slow sources, leases much longer and much shorter than the
    // refresh, builds longer than the lease.
    for (refresh, timeout, steps, latency) in [
        (1_000, 500, 3, 50),
        (300, 5_000, 3, 50),
        (1_000, 500, 3, 450),
        (2_000, 1, 150, 300),
        (100, 2_000, 0, 10),
    ] {
        for seed in 0..4 {
            let case = format!("refresh {refresh}, timeout {timeout}, seed {seed}");
            let mut world = World::new(seed, latency);
            let mut workers: Vec<_> = (0..5).map(|_| Worker::new(refresh, timeout, steps)).collect();
            run(&mut world, &mut workers, 35_000, 4_000);
            // The content stays as it is; two more refreshes bring it to everybody.
            run(&mut world, &mut workers, 45_000, 0);
            for worker in &workers {
                assert!(worker.is_up_to_date(&world), "{case}");
            }
            let requests = u64::try_from(world.source.requests.len()).unwrap();
            let most = 40_000 / refresh + 1;
            assert!(requests <= most, "{case}: {requests} requests");
            // Each adds its latency, its build, a poll or two and half a refresh of grace for busy workers.
            let latency = u64::try_from(latency).unwrap();
            let period = refresh * 3 / 2 + latency + 600 + 12 * u64::try_from(steps).unwrap();
            assert!(requests >= 40_000 / period, "{case}: {requests} requests");
        }
    }
}

#[test]
fn a_source_that_fails_is_asked_once_a_pause() {
    for seed in 0..4 {
        let mut world = World::new(seed, 50);
        let mut workers: Vec<_> = (0..5).map(|_| Worker::new(2_000, 500, 3)).collect();
        world.source.failing = true;
        run(&mut world, &mut workers, 15_000, 0);
        let cold = world.source.requests.len();
        assert!((10..=20).contains(&cold), "ever later at a cold start, up to a second: {cold}");
        world.source.failing = false;
        run(&mut world, &mut workers, 25_000, 0);
        assert!(workers.iter().all(|worker| worker.is_up_to_date(&world)), "seed {seed}");
        world.source.failing = true;
        world.source.content += 1;
        let before = world.source.requests.len();
        run(&mut world, &mut workers, 45_000, 0);
        let failed = world.source.requests.len() - before;
        assert!((5..=11).contains(&failed), "once a refresh: {failed}");
        assert!(
            workers.iter().all(|worker| worker.words.installed() == world.body),
            "the last good one stays"
        );
        world.source.failing = false;
        run(&mut world, &mut workers, 55_000, 0);
        assert!(workers.iter().all(|worker| worker.is_up_to_date(&world)), "seed {seed}");
    }
}

/// A trap, or a new configuration: the worker begins anew in the middle of whatever it did.
#[test]
fn a_worker_that_dies_delays_the_others_by_its_lease() {
    for seed in 0..10 {
        let mut world = World::new(seed, 200);
        let mut workers: Vec<_> = (0..4).map(|_| Worker::new(500, 300, 20)).collect();
        for round in 1..40 {
            run(&mut world, &mut workers, 5_000 + round * 300, 3_000);
            let dead = world.arbitrary.below(workers.len());
            workers[dead] = Worker::new(500, 300, 20);
            world.source.in_flight.retain(|(worker, _)| *worker != dead);
        }
        let (died, requests) = (world.millis, world.source.requests.len());
        // The lease of 800 ms, a request, a build; then one refresh more for the last change.
        run(&mut world, &mut workers, died + 4_000, 0);
        assert!(world.source.requests.len() > requests, "seed {seed}");
        assert!(workers.iter().all(|worker| worker.is_up_to_date(&world)), "seed {seed}");
    }
}
