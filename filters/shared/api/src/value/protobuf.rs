//! The protobuf wire format, as far as configuration needs it: `google.protobuf.Struct` into [`Value`], and one
//! namespace out of `envoy.config.core.v3.Metadata`.
//!
//! Numbers of fields are those of `struct.proto` and `base.proto`. Unknown fields are skipped, as protobuf asks.

use super::Value;

/// Why bytes are not the message that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A field or number says that more bytes follow than there are.
    #[error("cut short")]
    Truncated,
    /// A group or another wire type that protobuf 3 does not use.
    #[error("wire type {0} is not in use")]
    WireType(u8),
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
    let mut fields = Fields(metadata);
    while let Some((number, field)) = fields.next()? {
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
    let mut fields = Fields(bytes);
    while let Some((number, field)) = fields.next()? {
        if let (1, Field::Bytes(entry)) = (number, field) {
            let (key, value) = map_entry(entry)?;
            map.push((text(key)?, read_value(value, depth)?));
        }
    }
    Ok(Value::Map(map))
}

fn read_value(bytes: &[u8], depth: u8) -> Result<Value, WireError> {
    let mut value = Value::Null;
    let mut fields = Fields(bytes);
    while let Some(field) = fields.next()? {
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
    let mut fields = Fields(bytes);
    while let Some((number, field)) = fields.next()? {
        if let (1, Field::Bytes(item)) = (number, field) {
            list.push(read_value(item, depth)?);
        }
    }
    Ok(Value::List(list))
}

fn map_entry(bytes: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
    let mut fields = Fields(bytes);
    while let Some((number, field)) = fields.next()? {
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

enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

/// The fields that are left to read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, WireError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| WireError::Overflow)?;
                Field::Bytes(self.take(length)?)
            }
            5 => {
                self.array::<4>()?;
                Field::Fixed32
            }
            other => return Err(WireError::WireType(u8::try_from(other).unwrap_or(u8::MAX))),
        };
        Ok(Some((tag >> 3, field)))
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let part = u64::from(byte & 0x7F);
            let placed = part << shift;
            if placed >> shift != part {
                return Err(WireError::Overflow);
            }
            value |= placed;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Overflow)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }
}
