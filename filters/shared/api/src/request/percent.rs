//! Percent-encoding (RFC 3986 section 2.1).

/// The byte that two hexadecimal digits stand for, and what comes behind them; `text` is behind a `%`.
#[must_use]
pub fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, rest @ ..] = text else { return None };
    Some((hex(*high)? << 4 | hex(*low)?, rest))
}

/// The bytes of `text` with each escape put together; a `%` that begins none stays.
pub fn percent_decoded(mut text: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (&first, behind) = text.split_first()?;
        let escape = if first == b'%' { escaped(behind) } else { None };
        let (byte, rest) = escape.unwrap_or((first, behind));
        text = rest;
        Some(byte)
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
