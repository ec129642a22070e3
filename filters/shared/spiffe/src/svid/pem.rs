//! PEM (RFC 7468 section 5), the strict form.

#[cfg(test)]
mod tests;

/// The contents of the one `CERTIFICATE` in `text`. White space may stand around it and between the characters
/// of the base64, as line ends do; nothing else may.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let base64 = text.trim_ascii().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let mut bytes = Vec::with_capacity(base64.len()); // a third too much
    let mut characters = base64.iter().filter(|byte| !byte.is_ascii_whitespace());
    while let Some(first) = characters.next() {
        let group = [first, characters.next()?, characters.next()?, characters.next()?].map(|byte| *byte);
        decode_group(group, &mut bytes)?;
        if group.ends_with(b"=") {
            break;
        }
    }
    characters.next().is_none().then_some(bytes)
}

/// Four characters (RFC 4648 section 4). The bits that padding leaves over must be 0, so that no two texts give
/// the same bytes.
fn decode_group(group: [u8; 4], bytes: &mut Vec<u8>) -> Option<()> {
    let sextet = |byte: u8| Some(u32::from(sextet(byte)?));
    let (significant, padding) = match group {
        [a, b, b'=', b'='] => (sextet(a)? << 18 | sextet(b)? << 12, 2),
        [a, b, c, b'='] => (sextet(a)? << 18 | sextet(b)? << 12 | sextet(c)? << 6, 1),
        [a, b, c, d] => (sextet(a)? << 18 | sextet(b)? << 12 | sextet(c)? << 6 | sextet(d)?, 0),
    };
    let [_, group @ ..] = significant.to_be_bytes();
    let (kept, dropped) = group.split_at_checked(group.len().saturating_sub(padding))?;
    bytes.extend_from_slice(kept);
    dropped.iter().all(|byte| *byte == 0).then_some(())
}

fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => character.checked_sub(b'A'),
        b'a'..=b'z' => character.checked_sub(b'a' - 26),
        b'0'..=b'9' => character.checked_add(52 - b'0'),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
