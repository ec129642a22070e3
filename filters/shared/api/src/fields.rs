//! The fields of a message, as the host serialises them, read in place.
//!
//! One host call brings them all (`proxy_get_header_map_pairs`); after that a look-up costs no host call, sees
//! every line of a repeated field, and takes any byte. Layout, little endian: the count; for each line the lengths
//! of name and value (u32 each); then for each line the name, a NUL, the value, a NUL.

#[cfg(test)]
mod tests;

/// A view of serialised fields. Garbage reads as fewer fields, never as a panic.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    lengths: &'a [[u8; 8]],
    text: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Views what the host gave.
    #[must_use]
    pub fn new(serialised: &'a [u8]) -> Self {
        let none = Self { lengths: &[], text: &[] };
        let Some((count, rest)) = serialised.split_first_chunk::<4>() else { return none };
        let count = u32::from_le_bytes(*count) as usize;
        let Some((lengths, text)) = count.checked_mul(8).and_then(|bytes| rest.split_at_checked(bytes))
        else {
            return none;
        };
        Self { lengths: lengths.as_chunks().0, text }
    }

    /// Serialises lines the way the host does.
    #[must_use]
    pub fn serialise<'l>(lines: impl ExactSizeIterator<Item = (&'l [u8], &'l [u8])> + Clone) -> Vec<u8> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        let mut bytes = u32::try_from(lines.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        for (name, value) in lines.clone() {
            bytes.extend(length(name));
            bytes.extend(length(value));
        }
        for (name, value) in lines {
            bytes.extend(name);
            bytes.push(0);
            bytes.extend(value);
            bytes.push(0);
        }
        bytes
    }

    /// Every line as (name, value), in the order of the message.
    #[must_use]
    pub fn iter(self) -> Iter<'a> {
        Iter { lengths: self.lengths.iter(), text: self.text }
    }

    /// The values of all lines of one field. `name` is lower-case.
    pub fn lines<'n>(self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a, 'n> {
        self.iter().filter(move |(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
    }

    /// The first line of a field.
    #[must_use]
    pub fn first(self, name: &str) -> Option<&'a [u8]> {
        self.lines(name).next()
    }
}

/// See [`Fields::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    lengths: std::slice::Iter<'a, [u8; 8]>,
    text: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [a, b, c, d, e, f, g, h] = *self.lengths.next()?;
        let name = self.take(u32::from_le_bytes([a, b, c, d]))?;
        let value = self.take(u32::from_le_bytes([e, f, g, h]))?;
        Some((name, value))
    }
}

impl<'a> Iter<'a> {
    fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let (head, rest) = self.text.split_at_checked(length as usize)?;
        self.text = rest.get(1..)?;
        Some(head)
    }
}
