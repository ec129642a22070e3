//! The Envoy rate limit service protocol, `envoy.service.ratelimit.v3`, as far as it is needed here.
//!
//! Numbers of fields are those of `rls.proto`, `ratelimit.proto`, `base.proto` and `duration.proto`. What is not listed
//! is skipped, as protobuf asks. The bytes of an answer come from outside: they are read or refused, whatever they are.

#[cfg(test)]
mod tests;

use crate::descriptor::Entries;
use filter_api::WireError;
use filter_api::wire::{Field, Fields, Message};
use std::time::Duration;

/// What a `GrpcCall` wants to know.
pub(crate) const SERVICE: &str = "envoy.service.ratelimit.v3.RateLimitService";
/// The only method that it has.
pub(crate) const METHOD: &str = "ShouldRateLimit";

/// Serialises a question: whether `hits` more fit into the limit of each descriptor.
///
/// * `domain`: the service's namespace.
/// * `descriptors`: pairs of key and value; at least one, each with at least one pair.
/// * `hits`: at least 1.
pub(crate) fn question(domain: &str, descriptors: &[Entries], hits: u32) -> Vec<u8> {
    let entry = |descriptor: Message, (key, value): &(String, String)| {
        let entry = Message::default().bytes(1, key.as_bytes()).bytes(2, value.as_bytes());
        descriptor.bytes(1, &entry.into_bytes())
    };
    let descriptor = |request: Message, entries: &Entries| {
        request.bytes(2, &entries.iter().fold(Message::default(), entry).into_bytes())
    };
    let request = Message::default().bytes(1, domain.as_bytes());
    descriptors.iter().fold(request, descriptor).varint(3, hits.into()).into_bytes()
}

/// What a service said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceAnswer {
    /// At least one of the descriptors is over its limit.
    pub(crate) is_over: bool,
    /// About each descriptor, in the order of the question. Empty if the service says nothing about them.
    pub(crate) statuses: Vec<Status>,
    /// When some limit begins anew, from `x-ratelimit-reset` among the fields that the service wants added.
    reset: Option<Reset>,
}

/// What a service said about one descriptor; nothing but the verdict is sure to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) is_over: bool,
    pub(crate) quota: Option<Quota>,
    pub(crate) reset: Option<Reset>,
}

/// A limit as the service has it, and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) requests: u32,
    /// `None`: in a unit that is not known here.
    pub(crate) per: Option<Duration>,
    pub(crate) remaining: u32,
}

/// When a limit begins anew, counted from when the service answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reset {
    /// At the latest. Never zero.
    pub(crate) latest: Duration,
    /// At the earliest: whole seconds were rounded up, or the service has a clock of whole seconds, as `envoyproxy/ratelimit`.
    pub(crate) earliest: Duration,
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    /// Larger than any that is about 64 limits.
    #[error("the answer has {bytes} bytes, above {MAX_BYTES}")]
    TooLarge { bytes: usize },
    /// Not the protobuf message that it should be.
    #[error("the answer is no RateLimitResponse: {0}")]
    Malformed(#[from] WireError),
    /// `UNKNOWN`, or a code that does not exist. Envoy's own filter lets such requests pass.
    #[error("the answer has the code {code}, which is neither OK nor OVER_LIMIT")]
    Code { code: u64 },
}

impl ServiceAnswer {
    /// Reads an answer.
    pub(crate) fn read(message: &[u8]) -> Result<Self, AnswerError> {
        if message.len() > MAX_BYTES {
            return Err(AnswerError::TooLarge { bytes: message.len() });
        }
        let mut answer = Self::default();
        let mut code = 0;
        let mut fields = Fields::new(message);
        while let Some(field) = fields.read()? {
            match field {
                (1, Field::Varint(last)) => code = last,
                (2, Field::Bytes(status)) => answer.statuses.push(Status::read(status)?),
                (3, Field::Bytes(header)) => answer.reset = answer.reset.or(read_reset(header)?),
                _ => {}
            }
        }
        match code {
            OK | OVER_LIMIT => Ok(Self { is_over: code == OVER_LIMIT, ..answer }),
            _ => Err(AnswerError::Code { code }),
        }
    }

    /// What was said about one of the `asked` descriptors. A service that counts otherwise than it was asked is only
    /// heard as a whole.
    pub(crate) fn status(&self, place: usize, asked: usize) -> Status {
        let told = self.statuses.get(place).filter(|_| self.statuses.len() == asked);
        // Who is over the limit, if nobody in particular? All that were asked about.
        let is_over = self.is_over && told.is_none_or(|told| told.is_over || !self.names_the_violated(asked));
        let reset = told.and_then(|told| told.reset).or(self.reset);
        Status { is_over, quota: told.and_then(|told| told.quota), reset }
    }

    fn names_the_violated(&self, asked: usize) -> bool {
        self.statuses.len() == asked && self.statuses.iter().any(|status| status.is_over)
    }
}

impl Status {
    /// Reads a `DescriptorStatus`.
    fn read(message: &[u8]) -> Result<Self, WireError> {
        let mut status = Self::default();
        let (mut limit, mut remaining, mut reset) = (None, 0, None);
        let mut fields = Fields::new(message);
        while let Some(field) = fields.read()? {
            match field {
                (1, Field::Varint(code)) => status.is_over = code == OVER_LIMIT,
                // In parts it would be one message all the same.
                (2, Field::Bytes(part)) => read_limit(part, limit.get_or_insert((0, None)))?,
                (3, Field::Varint(count)) => remaining = count,
                (4, Field::Bytes(part)) => read_duration(part, reset.get_or_insert((0, 0)))?,
                _ => {}
            }
        }
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        status.quota = limit.map(|(requests, per)| Quota {
            requests: count(requests),
            per,
            remaining: count(remaining.min(requests)),
        });
        status.reset = reset.and_then(|(seconds, nanos)| Reset::new(seconds, nanos));
        Ok(status)
    }
}

/// Reads a `RateLimit` into its number of requests and the length of its unit.
fn read_limit(message: &[u8], limit: &mut (u64, Option<Duration>)) -> Result<(), WireError> {
    let mut fields = Fields::new(message);
    while let Some(field) = fields.read()? {
        match field {
            (1, Field::Varint(requests)) => limit.0 = requests,
            (2, Field::Varint(unit)) => limit.1 = unit_span(unit),
            _ => {}
        }
    }
    Ok(())
}

/// Reads a `google.protobuf.Duration` into seconds and nanoseconds, as they are on the wire.
fn read_duration(message: &[u8], duration: &mut (u64, u64)) -> Result<(), WireError> {
    let mut fields = Fields::new(message);
    while let Some(field) = fields.read()? {
        match field {
            (1, Field::Varint(seconds)) => duration.0 = seconds,
            (2, Field::Varint(nanos)) => duration.1 = nanos,
            _ => {}
        }
    }
    Ok(())
}

/// Reads a `HeaderValue`, if it is `x-ratelimit-reset`: seconds. Services write the name as they like, and the value in
/// one of two places.
fn read_reset(message: &[u8]) -> Result<Option<Reset>, WireError> {
    let [mut key, mut value, mut raw_value]: [&[u8]; 3] = [&[]; 3];
    let mut fields = Fields::new(message);
    while let Some(field) = fields.read()? {
        match field {
            (1, Field::Bytes(bytes)) => key = bytes,
            (2, Field::Bytes(bytes)) => value = bytes,
            (3, Field::Bytes(bytes)) => raw_value = bytes,
            _ => {}
        }
    }
    let digits = if value.is_empty() { raw_value } else { value }.trim_ascii();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if !key.eq_ignore_ascii_case(b"x-ratelimit-reset") || !is_number {
        return Ok(None);
    }
    let digit = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit & 0xF));
    // What is too much for an `int64` is for ever, too.
    let seconds = digits.iter().fold(0, digit).min(u64::MAX >> 1);
    Ok(Reset::new(seconds, 0))
}

impl Reset {
    /// Of a duration as it is on the wire. `None` for zero, which is what a service with nothing to say would send, and
    /// for what is negative or no duration; nothing above [`MAX_RESET`].
    fn new(seconds: u64, nanos: u64) -> Option<Self> {
        if i64::try_from(seconds).is_err() || nanos >= GIGA {
            return None;
        }
        let latest = Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos)).min(MAX_RESET);
        let earliest = if nanos == 0 { latest.saturating_sub(Duration::from_secs(1)) } else { latest };
        (!latest.is_zero()).then_some(Self { latest, earliest })
    }
}

/// `RateLimit.Unit`; months and years as long as Envoy's own filter has them.
fn unit_span(unit: u64) -> Option<Duration> {
    let seconds = match unit {
        1 => 1,
        2 => 60,
        3 => 3_600,
        4 => 86_400,
        5 => 30 * 86_400,
        6 => 365 * 86_400,
        7 => 604_800,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// `RateLimitResponse.Code`.
const OK: u64 = 1;
/// See [`OK`].
const OVER_LIMIT: u64 = 2;

/// An answer about 64 limits has some 6 KiB; the rest is for metadata that is skipped.
const MAX_BYTES: usize = 64 << 10;

/// What is above is as good as for ever; the same as for durations in policies.
const MAX_RESET: Duration = Duration::from_secs(87_600 * 3_600);

const GIGA: u64 = 1_000_000_000;
