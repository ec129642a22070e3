//! Configuration as protobuf: `google.protobuf.Struct` into [`Value`], and one namespace out of `envoy.config.core.v3.Metadata`.
//!
//! Numbers of fields are those of `struct.proto` and `base.proto`. Unknown fields are skipped, as protobuf asks.

use super::Value;
use crate::wire::{Field, Fields};

/// Why bytes are not the message that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A field or number says that more bytes follow than there are.
    #[error("cut short")]
    Truncated,
    /// A group or another wire type that protobuf 3 does not use.
    #[error("wire type {0} is not in use")]
    WireType(u8),
    /// Fields are counted from 1.
    #[error("field 0 is not in use")]
    FieldZero,
    /// A varint of more than ten bytes, or a length above the address space.
    #[error("a number is too large")]
    Overflow,
    /// A string that is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
    /// More than 64 levels.
    #[error("nested too deep")]
    TooDeep,
}

const MAX_DEPTH: u8 = 64;

/// Finds the `Struct` of one namespace in a serialised `envoy.config.core.v3.Metadata`, without decoding it.
///
/// The last entry wins, as protobuf says of repeated map keys. Costs one pass over the namespaces, not over their
/// contents.
///
/// # Errors
/// The bytes are not a `Metadata` message.
pub fn namespace<'a>(metadata: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, WireError> {
    let mut found = None;
    let mut fields = Fields::new(metadata);
    while let Some((number, field)) = fields.read()? {
        if let (1, Field::Bytes(entry)) = (number, field) {
            let (key, value) = map_entry(entry)?;
            if key == name.as_bytes() {
                found = Some(value);
            }
        }
    }
    Ok(found)
}

pub(super) fn read_struct(bytes: &[u8]) -> Result<Value, WireError> {
    read_fields(bytes, MAX_DEPTH)
}

fn read_fields(bytes: &[u8], depth: u8) -> Result<Value, WireError> {
    let depth = depth.checked_sub(1).ok_or(WireError::TooDeep)?;
    let mut map = Vec::new();
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.read()? {
        if let (1, Field::Bytes(entry)) = (number, field) {
            let (key, value) = map_entry(entry)?;
            map.push((text(key)?, read_value(value, depth)?));
        }
    }
    Ok(Value::Map(map))
}

fn read_value(bytes: &[u8], depth: u8) -> Result<Value, WireError> {
    let mut value = Value::Null;
    let mut fields = Fields::new(bytes);
    while let Some(field) = fields.read()? {
        value = match field {
            (1, Field::Varint(_)) => Value::Null,
            (2, Field::Fixed64(bits)) => Value::Number(f64::from_bits(bits)),
            (3, Field::Bytes(bytes)) => Value::Text(text(bytes)?),
            (4, Field::Varint(bit)) => Value::Bool(bit != 0),
            (5, Field::Bytes(bytes)) => read_fields(bytes, depth)?,
            (6, Field::Bytes(bytes)) => read_list(bytes, depth)?,
            _ => value,
        };
    }
    Ok(value)
}

fn read_list(bytes: &[u8], depth: u8) -> Result<Value, WireError> {
    let depth = depth.checked_sub(1).ok_or(WireError::TooDeep)?;
    let mut list = Vec::new();
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.read()? {
        if let (1, Field::Bytes(item)) = (number, field) {
            list.push(read_value(item, depth)?);
        }
    }
    Ok(Value::List(list))
}

fn map_entry(bytes: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.read()? {
        match (number, field) {
            (1, Field::Bytes(bytes)) => key = bytes,
            (2, Field::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    Ok((key, value))
}

fn text(bytes: &[u8]) -> Result<String, WireError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| WireError::NotUtf8)
}
