//! The host functions of proxy-wasm ABI 0.2.1, as far as filters need them: bytes in, bytes out, `Result` back.
//!
//! Nothing here panics for any status or any byte. Envoy's own SDKs unwrap: one header byte above 0x7F, or an
//! unexpected status, traps the VM and with it every stream on the worker. Natively (unit tests) the same functions
//! talk to a host in memory.

#[cfg(target_arch = "wasm32")]
mod abi;
#[cfg(not(target_arch = "wasm32"))]
pub mod memory;

#[cfg(target_arch = "wasm32")]
pub use abi::*;
#[cfg(not(target_arch = "wasm32"))]
pub use memory::*;

/// Why the host did not do what it was asked (`WasmResult` of the ABI).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Status {
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// An argument is wrong; also: that map or buffer does not exist in this phase.
    #[error("bad argument")]
    BadArgument,
    /// The value cannot be given in bytes.
    #[error("serialization failure")]
    SerializationFailure,
    /// Bytes could not be parsed.
    #[error("parse failure")]
    ParseFailure,
    /// Nothing to read.
    #[error("empty")]
    Empty,
    /// A compare-and-swap found another number.
    #[error("compare-and-swap mismatch")]
    CasMismatch,
    /// This host does not have this function, or a capability restriction withholds it.
    #[error("unimplemented")]
    Unimplemented,
    /// Any other status, by its number.
    #[error("status {0}")]
    Other(u32),
}

impl Status {
    /// The host's number; `None` for success.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::NotFound,
            2 => Self::BadArgument,
            3 => Self::SerializationFailure,
            4 => Self::ParseFailure,
            7 => Self::Empty,
            8 => Self::CasMismatch,
            12 => Self::Unimplemented,
            other => Self::Other(other),
        })
    }
}

/// The field maps of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum FieldMap {
    /// Fields of the request.
    Request = 0,
    /// Fields of the response.
    Response = 2,
    /// Fields of an answer to a callout.
    CalloutResponse = 6,
}

/// The byte buffers of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Buffer {
    /// The body of an answer to a callout.
    CalloutBody = 4,
    /// The message of an answer to a gRPC call.
    GrpcMessage = 5,
    /// The plugin's configuration.
    PluginConfiguration = 7,
}

/// The kinds of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum MetricKind {
    /// Only rises.
    Counter = 0,
    /// Is set.
    Gauge = 1,
    /// Collects samples.
    Histogram = 2,
}

/// Log levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Level {
    /// For developers.
    Debug = 1,
    /// Once per configuration.
    Info = 2,
    /// Degraded, still serving.
    Warn = 3,
    /// Refused or failed.
    Error = 4,
}

/// A metric, as the host names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric(pub u32);

/// A callout under way, as the host names it. Unique per VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub u32);

/// A serialised `envoy.config.core.v3.GrpcService` that names a cluster (`envoy_grpc { cluster_name }`); `None` for a name
/// above 125 bytes.
///
/// The host would take a bare cluster name as well, but only after trying to parse it as this message: a name that
/// happens to parse (`east1`) aborts Envoy.
fn grpc_service(cluster: &str) -> Option<Vec<u8>> {
    let inner = u8::try_from(cluster.len()).ok().filter(|length| *length <= 125)?;
    let mut message = vec![0x0A, inner.checked_add(2)?, 0x0A, inner];
    message.extend_from_slice(cluster.as_bytes());
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::grpc_service;

    #[test]
    fn a_cluster_is_named_in_a_message_of_one_byte_lengths() {
        for (cluster, want) in [
            ("rls".to_owned(), Some(b"\x0a\x05\x0a\x03rls".to_vec())),
            ("east1".to_owned(), Some(b"\x0a\x07\x0a\x05east1".to_vec())),
            ("c".repeat(126), None),
        ] {
            assert_eq!(grpc_service(&cluster), want, "{cluster}");
        }
        let longest = grpc_service(&"c".repeat(125)).unwrap();
        assert_eq!(longest.get(..4), Some([0x0A, 127, 0x0A, 125].as_slice()));
        assert_eq!(longest.len(), 129);
    }
}
