//! Scripts for one machine: what happens, when, and what it should say.

use super::{Event, Fetcher, Head, Next, Rc, UnixTime, Words};
use xxhash_rust::xxh64::xxh64;

/// A step of a script: the time in milliseconds, what happens, what the machine should say.
pub(super) type Step<'a> = (u64, Told<'a>, &'a str);

/// What happens, in short.
#[derive(Clone, Copy)]
pub(super) enum Told<'a> {
    /// The published head, the end of the lease in milliseconds.
    Tick(Option<Published<'a>>, u64),
    BusyTick(Option<Published<'a>>, u64),
    Leased(Option<Published<'a>>),
    /// Status, ETag, body; the random number is 7.
    Answer(u16, &'a str, Option<&'a str>),
    Failed,
    /// Not an event: the shell calls `install`.
    Install(u64, &'a str),
}

/// Version, milliseconds of the last check, ETag; the body was `word`.
pub(super) type Published<'a> = (u64, u64, &'a str);

fn head(published: Option<Published<'_>>) -> Option<Head> {
    let (version, checked_at, etag) = published?;
    Some(Head {
        version,
        checked_at: UnixTime::from_millis(checked_at),
        digest: xxh64(b"word", 0),
        etag: etag.as_bytes().to_vec(),
    })
}

fn show_head(head: &Head) -> String {
    format!("{} at {} `{}`", head.version, head.checked_at.as_millis(), String::from_utf8_lossy(&head.etag))
}

fn show(next: &Next) -> String {
    match next {
        Next::Rest => "rest".to_owned(),
        Next::Install(version) => format!("install {version}"),
        Next::Lease { until } => format!("lease until {}", until.as_millis()),
        Next::Send { etag: None } => "send".to_owned(),
        Next::Send { etag: Some(etag) } => format!("send `{}`", String::from_utf8_lossy(etag)),
        Next::Confirm(head) => format!("confirm {}", show_head(head)),
        Next::Publish(head, body) => {
            format!("publish {}: {}", show_head(head), String::from_utf8_lossy(body))
        }
        Next::Fail { until, reason } => format!("fail until {}: {reason}", until.as_millis()),
    }
}

/// Plays a script with a refresh of 10 s, a timeout of 2 s (so leases of 2.5 s) and a build of three steps.
pub(super) fn play(steps: &[Step<'_>]) -> (Fetcher, Rc<Words>) {
    let words = Words::new(10_000, 2_000, 2);
    let mut fetcher = Fetcher::new(Rc::<Words>::clone(&words));
    for (line, (millis, told, want)) in steps.iter().enumerate() {
        let tick = |published, lease, busy| Event::Tick {
            head: head(published),
            leased_until: UnixTime::from_millis(lease),
            busy,
        };
        let event = match *told {
            Told::Tick(published, lease) => tick(published, lease, false),
            Told::BusyTick(published, lease) => tick(published, lease, true),
            Told::Leased(published) => Event::Leased { head: head(published) },
            Told::Answer(status, etag, body) => Event::Answer {
                status,
                etag: etag.as_bytes().to_vec(),
                body: body.map(|body| body.as_bytes().to_vec()),
                random: 7,
            },
            Told::Failed => Event::Failed,
            Told::Install(version, body) => {
                let got = fetcher.install(version, body.as_bytes().to_vec());
                assert_eq!(format!("{got:?}"), *want, "step {line} at {millis}");
                continue;
            }
        };
        let next = fetcher.on(event, UnixTime::from_millis(*millis));
        assert_eq!(show(&next), *want, "step {line} at {millis}");
    }
    (fetcher, words)
}

/// What one worker has published at 1000 and installed.
pub(super) const V1: Option<Published<'static>> = Some((1, 1_000, "\"a\""));
