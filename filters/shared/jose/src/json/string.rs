//! Strings of JSON (RFC 8259 section 7).

use std::borrow::Cow;

/// Reads the string that the text begins with. Returns it and how many bytes of the text it took.
pub(super) fn read(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let (run, mut rest) = plain(text.strip_prefix('"')?)?;
    if rest.starts_with('"') {
        return Some((Cow::Borrowed(run), run.len().checked_add(2)?));
    }
    let mut string = run.to_owned();
    loop {
        // A control character is not let through.
        let (character, behind) = escape(rest.strip_prefix('\\')?)?;
        string.push(character);
        let (run, behind) = plain(behind)?;
        string.push_str(run);
        if let Some(behind) = behind.strip_prefix('"') {
            return Some((Cow::Owned(string), text.len().checked_sub(behind.len())?));
        }
        rest = behind;
    }
}

/// What stands for itself, and what follows it: the end of the string, an escape, or what may not be there.
fn plain(text: &str) -> Option<(&str, &str)> {
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    text.split_at_checked(text.as_bytes().iter().position(ends)?)
}

/// What stands behind a backslash, and what follows it.
fn escape(text: &str) -> Option<(char, &str)> {
    let (kind, rest) = text.split_at_checked(1)?;
    let character = match kind {
        "\"" => '"',
        "\\" => '\\',
        "/" => '/',
        "b" => '\u{8}',
        "f" => '\u{c}',
        "n" => '\n',
        "r" => '\r',
        "t" => '\t',
        "u" => return unicode(rest),
        _ => return None,
    };
    Some((character, rest))
}

/// Four digits, or a pair of surrogates: half a pair is no character.
fn unicode(text: &str) -> Option<(char, &str)> {
    let (first, rest) = four_digits(text)?;
    if !(0xD800..0xE000).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = four_digits(rest.strip_prefix("\\u")?)?;
    let [first, second] = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, rest))
}

fn four_digits(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    // `from_str_radix` alone would take a sign.
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    only_digits.then(|| u32::from_str_radix(digits, 16).ok()).flatten().map(|value| (value, rest))
}
