//! `headers:`, what an answer says about the limits that the request was under.

#[cfg(test)]
mod tests;

use crate::gcra;
use crate::lease::Balance;
use crate::rate::Rate;
use crate::rls::{Quota, Status};
use crate::ticks::Ticks;
use filter_api::{Item, Name};
use std::fmt::Write as _;
use std::time::Duration;

/// Which fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headers {
    /// None.
    None,
    /// `RateLimit`, `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11).
    Ietf,
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset` (draft 03, as Envoy has them).
    XRateLimit,
    /// All five.
    Both,
}

/// One limit, as its fields say it. No key: only its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing<'p> {
    name: &'p Name,
    quota: u64,
    /// In seconds; `None`: it counts requests in flight.
    window: Option<u64>,
    remaining: u64,
    /// Until it is whole again, in seconds; if nothing remains: until something does.
    reset: Option<u64>,
}

impl<'p> Standing<'p> {
    pub(crate) fn of_rate(name: &'p Name, rate: &Rate, tat: Ticks, now: Ticks) -> Self {
        let window = Ticks::from(rate.per).secs_up();
        let remaining = gcra::remaining(rate, tat, now);
        let reset = match remaining {
            _ if rate.is_zero() => window,
            0 => tat.since(now.plus(rate.tolerance)).secs_up().max(1),
            _ => tat.since(now).secs_up(),
        };
        Self { name, quota: rate.requests.into(), window: Some(window), remaining, reset: Some(reset) }
    }

    /// `None` if the service did not say what the limit is.
    pub(crate) fn of_status(name: &'p Name, status: Status) -> Option<Self> {
        let Quota { requests, per, remaining } = status.quota?;
        let seconds = |span: Duration| Ticks::from(span).secs_up();
        Some(Self {
            name,
            quota: requests.into(),
            window: Some(seconds(per?)),
            remaining: remaining.into(),
            reset: status.reset.map(|reset| seconds(reset.latest)),
        })
    }

    /// Credits are what is certainly left; the service may have more.
    pub(crate) fn of_lease(name: &'p Name, rate: &Rate, balance: Balance) -> Self {
        let (remaining, reset) = match balance {
            Balance::Credits(count) => (count, None),
            Balance::Over(wait) => (0, Some(Ticks::from(wait).secs_up())),
            _ => (0, None),
        };
        let window = Some(Ticks::from(rate.per).secs_up());
        Self { name, quota: rate.requests.into(), window, remaining: remaining.into(), reset }
    }

    /// * `taken`: of `max` places.
    pub(crate) fn of_places(name: &'p Name, max: u32, taken: u32) -> Self {
        let remaining = max.saturating_sub(taken).into();
        Self { name, quota: max.into(), window: None, remaining, reset: None }
    }
}

/// What `explain` says: `"node";q=800;w=1;r=799;t=1`.
impl Standing<'_> {
    pub(crate) fn item(&self) -> Item {
        let Self { name, quota, window, remaining, reset } = self;
        let mut item = Item::new(name.as_str()).bare("q", quota);
        if let Some(window) = window {
            item = item.bare("w", window);
        }
        item = item.bare("r", remaining);
        match reset {
            Some(reset) => item.bare("t", reset),
            None => item,
        }
    }
}

impl Headers {
    /// The fields of an answer; none if the request was under no limit.
    pub(crate) fn fields(self, standings: &[Standing<'_>]) -> Vec<(&'static str, String)> {
        if standings.is_empty() {
            return Vec::new();
        }
        let mut fields = Vec::new();
        if matches!(self, Self::Ietf | Self::Both) {
            fields.push(("ratelimit-policy", joined(standings, policy)));
            fields.push(("ratelimit", joined(standings, service)));
        }
        if matches!(self, Self::XRateLimit | Self::Both) {
            fields.extend(draft_03(standings));
        }
        fields
    }
}

/// `"node";q=800;w=1`
fn policy(item: &mut String, standing: &Standing<'_>) {
    let Standing { name, quota, window, .. } = standing;
    let _ = write!(item, "\"{name}\";q={quota}");
    let _ = match window {
        Some(window) => write!(item, ";w={window}"),
        None => write!(item, ";qu=\"concurrent-requests\""),
    };
}

/// `"node";r=799;t=1`
fn service(item: &mut String, standing: &Standing<'_>) {
    let Standing { name, remaining, reset, .. } = standing;
    let _ = write!(item, "\"{name}\";r={remaining}");
    if let Some(reset) = reset {
        let _ = write!(item, ";t={reset}");
    }
}

/// `800;w=1;name="node"`
fn quota(item: &mut String, standing: &Standing<'_>) {
    let Standing { name, quota, window, .. } = standing;
    let _ = write!(item, "{quota}");
    if let Some(window) = window {
        let _ = write!(item, ";w={window}");
    }
    let _ = write!(item, ";name=\"{name}\"");
}

/// The first numbers are those of the tightest limit: the one with the least left, and of several the one that takes
/// longest.
fn draft_03(standings: &[Standing<'_>]) -> Vec<(&'static str, String)> {
    let tightness = |standing: &&Standing<'_>| (standing.remaining, std::cmp::Reverse(standing.reset));
    let Some(tightest) = standings.iter().min_by_key(tightness) else { return Vec::new() };
    let reset = tightest.reset.unwrap_or(if tightest.remaining == 0 { 1 } else { 0 });
    vec![
        ("x-ratelimit-limit", format!("{}, {}", tightest.quota, joined(standings, quota))),
        ("x-ratelimit-remaining", tightest.remaining.to_string()),
        ("x-ratelimit-reset", reset.to_string()),
    ]
}

fn joined(standings: &[Standing<'_>], write: fn(&mut String, &Standing<'_>)) -> String {
    let mut list = String::new();
    for standing in standings {
        if !list.is_empty() {
            list.push_str(", ");
        }
        write(&mut list, standing);
    }
    list
}
