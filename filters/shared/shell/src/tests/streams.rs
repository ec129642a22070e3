//! What responses wait for, and the log's limit.

use super::*;
use crate::host::Level;
use crate::log::Log;
use crate::streams::Streams;
use filter_api::UnixTime;

#[test]
fn a_response_gets_what_its_request_decided() {
    let vm = worker(r#"{"say": "hello"}"#);
    request(&vm, 2, &[]);
    request(&vm, 3, &[]);
    assert_eq!(said(FieldMap::Response), None);
    vm.on_response_headers(2);
    assert_eq!(said(FieldMap::Response).as_deref(), Some("hello"));
    // Once: a second response phase of the same stream (a local reply) finds nothing.
    host::with(|host| host.fields.clear());
    vm.on_response_headers(2);
    assert_eq!(said(FieldMap::Response), None);
    vm.on_response_headers(77);
}

#[test]
fn streams_that_are_gone_are_forgotten() {
    let streams = Streams::new();
    for stream in 0..10_000 {
        // Every tenth stream stays open, all others are reset before their response.
        host::with(|host| {
            host.contexts.insert(stream);
            host.contexts.retain(|context| context % 10 == 0 || *context == stream);
        });
        streams.keep(stream, Vec::new());
    }
    let open = host::with(|host| host.contexts.len());
    assert!(streams.len() <= 2 * open, "{} kept, {open} open", streams.len());
    for stream in (0..10_000).step_by(10) {
        assert!(streams.take(stream).is_some(), "{stream} was open");
    }
}

#[test]
fn the_log_has_a_burst_and_then_a_line_a_second() {
    let log = Log::new();
    host::with(|host| host.now = UnixTime::from_secs(1000));
    (0..25).for_each(|number| log.line(Level::Warn, &format!("line {number}\r\nforged")));
    assert_eq!(host::with(|host| host.log.len()), 10);
    host::with(|host| host.now = UnixTime::from_secs(1001));
    (0..5).for_each(|_| log.line(Level::Warn, "later"));
    let lines = host::with(|host| host.log.clone());
    assert_eq!(lines[0], "line 0  forged");
    assert_eq!(lines[10..], ["later (15 lines left out before)"]);
    // The clock steps back: the log goes on.
    host::with(|host| host.now = UnixTime::from_secs(10));
    log.line(Level::Warn, "dropped, but the clock is taken over");
    host::with(|host| host.now = UnixTime::from_secs(11));
    log.line(Level::Warn, "again");
    assert_eq!(host::with(|host| host.log.len()), 12);
}
