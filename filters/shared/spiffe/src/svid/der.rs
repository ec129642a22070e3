//! DER (X.690 section 10), read front to back.

/// Elements that follow each other. Every answer is `None` for bytes that are not DER.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next element, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, contents) = self.take_any()?;
        (found == tag).then_some(contents)
    }

    /// The elements inside the next element, which must have this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    /// Like [`take`](Self::take) if the next element has this tag; otherwise nothing, and nothing is read.
    pub(super) fn take_if(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.0.first() == Some(&tag) { self.take(tag).map(Some) } else { Some(None) }
    }

    /// Tag and contents of the next element. All tags that callers know have one byte, so longer ones need no
    /// care.
    pub(super) fn take_any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (length, rest) = split_length(rest)?;
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, contents))
    }

    pub(super) fn is_at_end(self) -> bool {
        self.0.is_empty()
    }

    /// `value` if nothing is left to read.
    pub(super) fn finish<T>(self, value: T) -> Option<T> {
        self.is_at_end().then_some(value)
    }
}

/// A length in its shortest form, below 2^24, and what follows it.
fn split_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest, shortest) = match *bytes {
        [length @ 0..=0x7F, ref rest @ ..] => ([0, 0, 0, length], rest, 0),
        [0x81, a, ref rest @ ..] => ([0, 0, 0, a], rest, 0x80),
        [0x82, a, b, ref rest @ ..] => ([0, 0, a, b], rest, 0x100),
        [0x83, a, b, c, ref rest @ ..] => ([0, a, b, c], rest, 0x1_0000),
        _ => return None,
    };
    let length = u32::from_be_bytes(length);
    (length >= shortest).then_some((usize::try_from(length).ok()?, rest))
}

/// The value of a BOOLEAN.
pub(super) fn boolean(contents: &[u8]) -> Option<bool> {
    match contents {
        [0x00] => Some(false),
        [0xFF] => Some(true),
        _ => None,
    }
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[n]` around other elements.
pub(super) const CONSTRUCTED: u8 = 0xA0;
/// `[n]` in place of a primitive tag.
pub(super) const PRIMITIVE: u8 = 0x80;
