//! The imports, and nothing but the imports: every `unsafe` of the project is in this file and in `export.rs`.
#![allow(unsafe_code, reason = "host functions take pointers; each block hands over a live slice or a local")]

use super::{Buffer, FieldMap, Level, Metric, MetricKind, Status, Token};
use filter_api::{Fields, GrpcCall, MonotonicTime, UnixTime};
use std::time::Duration;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, length: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_get_buffer_bytes(
        kind: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        length: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, length: *mut usize) -> u32;
    fn proxy_add_header_map_value(
        map: u32,
        name: *const u8,
        name_length: usize,
        value: *const u8,
        value_length: usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_length: usize,
        value: *const u8,
        value_length: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_length: usize) -> u32;
    fn proxy_get_property(path: *const u8, path_length: usize, data: *mut *mut u8, length: *mut usize)
    -> u32;
    fn proxy_set_property(path: *const u8, path_length: usize, value: *const u8, value_length: usize) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_length: usize, metric: *mut u32) -> u32;
    fn proxy_increment_metric(metric: u32, by: i64) -> u32;
    fn proxy_record_metric(metric: u32, value: u64) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_length: usize,
        data: *mut *mut u8,
        length: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_length: usize,
        value: *const u8,
        value_length: usize,
        cas: u32,
    ) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_length: usize,
        fields: *const u8,
        fields_length: usize,
        body: *const u8,
        body_length: usize,
        trailers: *const u8,
        trailers_length: usize,
        timeout_millis: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_call(
        service: *const u8,
        service_length: usize,
        service_name: *const u8,
        service_name_length: usize,
        method: *const u8,
        method_length: usize,
        fields: *const u8,
        fields_length: usize,
        message: *const u8,
        message_length: usize,
        timeout_millis: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_cancel(token: u32) -> u32;
    fn proxy_continue_stream(kind: u32) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_length: usize,
        arguments: *const u8,
        arguments_length: usize,
        data: *mut *mut u8,
        length: *mut usize,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_length: usize,
        body: *const u8,
        body_length: usize,
        fields: *const u8,
        fields_length: usize,
        grpc_status: i32,
    ) -> u32;
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u16;
    fn random_get(buffer: *mut u8, length: usize) -> u16;
}

fn done(code: u32) -> Result<(), Status> {
    Status::from_code(code).map_or(Ok(()), Err)
}

/// Runs a host function that answers with bytes which it had this module allocate.
fn bytes(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let mut data = std::ptr::null_mut();
    let mut length = 0_usize;
    done(call(&raw mut data, &raw mut length))?;
    if data.is_null() || length == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the host got `data` from `allocate` with exactly this length and wrote all of it; it keeps no pointer.
    Ok(unsafe { Vec::from_raw_parts(data, length, length) })
}

/// Gives the host room for bytes that it wants to pass in; null if there is none. See `bytes`.
#[must_use]
pub fn allocate(length: usize) -> *mut u8 {
    match std::alloc::Layout::from_size_align(length, 1) {
        // SAFETY: the layout is not empty.
        Ok(layout) if length > 0 => unsafe { std::alloc::alloc(layout) },
        _ => std::ptr::null_mut(),
    }
}

/// Writes one line to Envoy's log.
pub fn log(level: Level, text: &str) {
    // SAFETY: a live slice. A log line that cannot be written is nobody's business to handle.
    let _ = unsafe { proxy_log(level as u32, text.as_ptr(), text.len()) };
}

/// The wall clock; the epoch if the host has none.
#[must_use]
pub fn now() -> UnixTime {
    let mut nanos = 0;
    // SAFETY: a local.
    let _ = unsafe { proxy_get_current_time_nanoseconds(&raw mut nanos) };
    UnixTime { nanos }
}

/// The monotonic clock, the same for all workers of a proxy. A host that withholds it leaves the wall clock.
#[must_use]
pub fn monotonic() -> MonotonicTime {
    let mut nanos = 0;
    // SAFETY: a local. 1 is `CLOCK_MONOTONIC`; the host's own precision does.
    let errno = unsafe { clock_time_get(1, 0, &raw mut nanos) };
    MonotonicTime { nanos: if errno == 0 { nanos } else { now().nanos } }
}

/// 128 random bits.
#[must_use]
pub fn random() -> Option<u128> {
    let mut buffer = [0_u8; 16];
    // SAFETY: a local array of this length.
    let errno = unsafe { random_get(buffer.as_mut_ptr(), buffer.len()) };
    (errno == 0).then(|| u128::from_le_bytes(buffer))
}

/// Sets the timer of the current root context; zero stops it.
pub fn set_tick_period(period: Duration) -> Result<(), Status> {
    let millis = u32::try_from(period.as_millis()).unwrap_or(u32::MAX);
    // SAFETY: numbers only.
    done(unsafe { proxy_set_tick_period_milliseconds(millis) })
}

/// Makes host calls act for this context. Fails exactly if the context does not exist any more.
pub fn set_effective_context(context: u32) -> Result<(), Status> {
    // SAFETY: numbers only.
    done(unsafe { proxy_set_effective_context(context) })
}

/// Up to `max` bytes of a buffer.
pub fn buffer(kind: Buffer, max: usize) -> Result<Vec<u8>, Status> {
    // SAFETY: see `bytes`.
    bytes(|data, length| unsafe { proxy_get_buffer_bytes(kind as u32, 0, max, data, length) })
}

/// All fields, serialised as [`filter_api::Fields`] reads them.
pub fn fields(map: FieldMap) -> Result<Vec<u8>, Status> {
    // SAFETY: see `bytes`.
    bytes(|data, length| unsafe { proxy_get_header_map_pairs(map as u32, data, length) })
}

/// Adds a line.
pub fn add_field(map: FieldMap, name: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: live slices.
    done(unsafe {
        proxy_add_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// Leaves exactly one line with this value.
pub fn replace_field(map: FieldMap, name: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: live slices.
    done(unsafe {
        proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// Removes all lines.
pub fn remove_field(map: FieldMap, name: &str) -> Result<(), Status> {
    // SAFETY: live slices.
    done(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
}

/// An attribute, by its NUL-separated path.
pub fn property(path: &[u8]) -> Result<Vec<u8>, Status> {
    // SAFETY: a live slice; see `bytes`.
    bytes(|data, length| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, length) })
}

/// Writes filter state `wasm.<key>` of the current stream.
pub fn set_property(key: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: live slices.
    done(unsafe { proxy_set_property(key.as_ptr(), key.len(), value.as_ptr(), value.len()) })
}

/// Defines a metric. Every call takes memory that the host never frees: see [`crate::stats::Metrics`].
pub fn define_metric(kind: MetricKind, name: &str) -> Result<Metric, Status> {
    let mut metric = 0;
    // SAFETY: a live slice and a local.
    done(unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut metric) })?;
    Ok(Metric(metric))
}

/// Raises a counter.
pub fn increment(metric: Metric, by: i64) {
    // SAFETY: numbers only. It fails only for a metric that was never defined.
    let _ = unsafe { proxy_increment_metric(metric.0, by) };
}

/// Sets a gauge, or adds a sample to a histogram.
pub fn record(metric: Metric, value: u64) {
    // SAFETY: numbers only. It fails only for a metric that was never defined.
    let _ = unsafe { proxy_record_metric(metric.0, value) };
}

/// A value that all VMs with this `vm_id` share, and the number for compare-and-swap.
pub fn shared_data(key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
    let mut cas = 0;
    // SAFETY: a live slice, a local; see `bytes`.
    let value = bytes(|data, length| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, length, &raw mut cas)
    })?;
    Ok((value, cas))
}

/// Writes a shared value. `cas` 0 overwrites whatever is there; any other number must still be the current one,
/// except for a key that does not exist, which is created.
pub fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
    // SAFETY: live slices.
    done(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) })
}

/// Starts a GET or POST through a cluster. The answer may arrive before this returns.
pub fn http_call(
    cluster: &str,
    fields: &[(&str, &[u8])],
    body: &[u8],
    timeout: Duration,
) -> Result<Token, Status> {
    let fields = Fields::serialise(fields.iter().map(|(name, value)| (name.as_bytes(), *value)));
    let none = Fields::serialise([].iter().copied());
    let millis = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    let mut token = 0;
    // SAFETY: live slices and a local.
    done(unsafe {
        proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            fields.as_ptr(),
            fields.len(),
            body.as_ptr(),
            body.len(),
            none.as_ptr(),
            none.len(),
            millis,
            &raw mut token,
        )
    })?;
    Ok(Token(token))
}

/// Starts a unary gRPC call through a cluster. It may have failed before this returns.
pub fn grpc_call(call: &GrpcCall<'_>) -> Result<Token, Status> {
    let GrpcCall { cluster, service, method, message, timeout } = *call;
    let target = super::grpc_service(cluster).ok_or(Status::BadArgument)?;
    let none = Fields::serialise([].iter().copied());
    let millis = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    let mut token = 0;
    // SAFETY: live slices and a local.
    done(unsafe {
        proxy_grpc_call(
            target.as_ptr(),
            target.len(),
            service.as_ptr(),
            service.len(),
            method.as_ptr(),
            method.len(),
            none.as_ptr(),
            none.len(),
            message.as_ptr(),
            message.len(),
            millis,
            &raw mut token,
        )
    })?;
    Ok(Token(token))
}

/// Gives a gRPC call up: its answer will not come any more.
pub fn cancel_grpc_call(token: Token) {
    // SAFETY: numbers only. It fails only for a call that is over.
    let _ = unsafe { proxy_grpc_cancel(token.0) };
}

/// Lets the current stream's request go on.
pub fn continue_request() -> Result<(), Status> {
    // SAFETY: numbers only.
    done(unsafe { proxy_continue_stream(0) })
}

/// Calls a function that is this host's own, by its name.
pub fn foreign_function(name: &str, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    // SAFETY: live slices; see `bytes`.
    bytes(|data, length| unsafe {
        proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            arguments.as_ptr(),
            arguments.len(),
            data,
            length,
        )
    })
}

/// Answers the current request. `details` appear as response code details.
pub fn reply(
    status: u16,
    details: &str,
    fields: &[(&str, &[u8])],
    body: &[u8],
    grpc_status: Option<u8>,
) -> Result<(), Status> {
    let fields = Fields::serialise(fields.iter().map(|(name, value)| (name.as_bytes(), *value)));
    // SAFETY: live slices.
    done(unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            fields.as_ptr(),
            fields.len(),
            grpc_status.map_or(-1, i32::from),
        )
    })
}
