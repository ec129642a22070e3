//! The protobuf wire format: a message field by field, read in place, and written.
//!
//! What a field means is the reader's knowledge: it skips numbers that it does not know, as protobuf asks.

#[cfg(test)]
mod tests;

use crate::WireError;

/// One field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// An integer, a boolean, an enumeration.
    Varint(u64),
    /// The bits of a double, or of an integer of fixed width.
    Fixed64(u64),
    /// A string, bytes, another message.
    Bytes(&'a [u8]),
    /// Nothing that any message here has.
    Fixed32,
}

/// The fields of a message that are left to read.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Of a whole message.
    #[must_use]
    pub fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    /// The next one, and its number.
    ///
    /// # Errors
    /// What is left is no message.
    pub fn read(&mut self) -> Result<Option<(u64, Field<'a>)>, WireError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        if tag >> 3 == 0 {
            return Err(WireError::FieldZero);
        }
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

/// A message that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// Adds an integer; the default, 0, is not written.
    #[must_use]
    pub fn varint(mut self, number: u32, value: u64) -> Self {
        if value != 0 {
            self.put(u64::from(number) << 3);
            self.put(value);
        }
        self
    }

    /// Adds a string, bytes, or another message.
    #[must_use]
    pub fn bytes(mut self, number: u32, value: &[u8]) -> Self {
        self.put((u64::from(number) << 3) | 2);
        self.put(u64::try_from(value.len()).unwrap_or(u64::MAX));
        self.0.extend_from_slice(value);
        self
    }

    /// The message.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn put(&mut self, mut value: u64) {
        while let Some(byte) = u8::try_from(value & 0x7F).ok().filter(|_| value >= 0x80) {
            self.0.push(byte | 0x80);
            value >>= 7;
        }
        self.0.extend(u8::try_from(value));
    }
}
