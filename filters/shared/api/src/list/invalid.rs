//! What may not stand in a list, and what is not a list.

use super::document::WINDOW;

/// Whether `entry` may stand in a list: 1 to 1024 bytes without NUL. For lists that stand in the configuration.
pub fn check_entry(entry: &[u8]) -> Result<(), InvalidEntry> {
    if entry.is_empty() {
        return Err(InvalidEntry::Empty);
    }
    if entry.len() > MAX_ENTRY_BYTES {
        return Err(InvalidEntry::TooLong { bytes: entry.len() });
    }
    if entry.contains(&0) {
        return Err(InvalidEntry::Nul);
    }
    Ok(())
}

/// Why a string may not stand in a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEntry {
    /// Would put everybody on the list whose header is there but empty.
    #[error("an entry is empty")]
    Empty,
    /// No identifier is that long.
    #[error("an entry of {bytes} bytes is above {MAX_ENTRY_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The document is binary.
    #[error("an entry holds a NUL")]
    Nul,
}

/// Why a document is not a list. `at` is an offset in bytes from its start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidList {
    /// Starts like a page or a JSON object.
    #[error("starts with {:?}, neither a JSON array nor one entry a line", char::from(*found))]
    Form {
        /// The first byte that is no white space.
        found: u8,
    },
    /// The mark would become a part of the first entry.
    #[error("starts with a byte order mark")]
    ByteOrderMark,
    /// More entries, repeated ones counted, than the configuration allows.
    #[error("more than {limit} entries")]
    TooManyEntries {
        /// The limit.
        limit: usize,
    },
    /// One entry is not acceptable.
    #[error("byte {at}: {problem}")]
    Entry {
        /// Start of the line or string.
        at: usize,
        /// What is wrong with it.
        problem: InvalidEntry,
    },
    /// A line, or a string as it is written, of more than 8 KiB.
    #[error("byte {at}: no end within {WINDOW} bytes")]
    LineTooLong {
        /// Start of the line or string.
        at: usize,
    },
    /// Something else than a string in the array.
    #[error("byte {at}: {:?} where a string should start", char::from(*found))]
    NotAString {
        /// Where it is.
        at: usize,
        /// Its first byte.
        found: u8,
    },
    /// Something else than `,` or `]` behind a string.
    #[error("byte {at}: {:?} where a comma or the end of the array should be", char::from(*found))]
    NoComma {
        /// Where it is.
        at: usize,
        /// Its first byte.
        found: u8,
    },
    /// A control character in a string must be escaped (RFC 8259 section 7).
    #[error("byte {at}: control character in a string")]
    ControlCharacter {
        /// Where it is.
        at: usize,
    },
    /// A string with a wrong escape, half a surrogate pair, or bytes that are not UTF-8.
    #[error("byte {at}: malformed string")]
    Malformed {
        /// Start of the string.
        at: usize,
    },
    /// The array has no end.
    #[error("ends at byte {at}, inside the array")]
    Cut {
        /// Length of the document.
        at: usize,
    },
    /// Something behind the array.
    #[error("byte {at}: {:?} behind the end of the array", char::from(*found))]
    Trailing {
        /// Where it is.
        at: usize,
        /// Its first byte.
        found: u8,
    },
}

const MAX_ENTRY_BYTES: usize = 1024;
