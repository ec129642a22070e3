//! base64url without padding (RFC 7515 section 2), in its one canonical form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `None` for padding, another alphabet, white space, a length that cannot be, or bits that no byte has.
pub(crate) fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// [`decode`] into a buffer, of at least [`room`] bytes; returns the part of it that was written.
pub(crate) fn decode_into<'r>(text: &str, room: &'r mut [u8]) -> Option<&'r [u8]> {
    let length = URL_SAFE_NO_PAD.decode_slice(text, room).ok()?;
    room.get(..length)
}

/// How many bytes a text of this length takes, or a little more.
pub(crate) fn room(text: &str) -> usize {
    base64::decoded_len_estimate(text.len())
}
