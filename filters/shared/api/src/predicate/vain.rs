//! Matchers that no request can satisfy, because of what a path, a host or a scalar is.

use crate::Matcher;

/// Lists take every matcher.
pub(super) fn list(_: &Matcher) -> Option<String> {
    None
}

/// In Envoy's own matchers `contains` is a part of a string; here it is an item of a list.
pub(super) fn scalar(matcher: &Matcher) -> Option<String> {
    matches!(matcher, Matcher::Contains(_))
        .then(|| "contains is for items of a header or claim; for a part of a value use regex".to_owned())
}

/// `:path` begins with a slash, but for `OPTIONS *`, and the query is cut off before it is matched.
pub(super) fn path(matcher: &Matcher) -> Option<String> {
    let wrong = |reason| move |text: &Vec<u8>| never(text, reason);
    let has_query =
        texts(matcher).into_iter().find(|text| text.iter().any(|byte| matches!(byte, b'?' | b'#')));
    let starts: &[Vec<u8>] = match matcher {
        Matcher::Exact(text) | Matcher::Prefix(text) => std::slice::from_ref(text),
        Matcher::In(texts) => texts,
        _ => &[],
    };
    let no_slash = starts.iter().find(|text| !text.starts_with(b"/") && text.as_slice() != b"*");
    scalar(matcher)
        .or_else(|| has_query.map(wrong("paths are matched without the query")))
        .or_else(|| no_slash.map(wrong("a path begins with a slash")))
}

/// The host is matched in lower case, without user info, port and final dot.
pub(super) fn authority(matcher: &Matcher) -> Option<String> {
    let wrong = |reason| move |text: &Vec<u8>| never(text, reason);
    let upper = texts(matcher).into_iter().find(|text| text.iter().any(u8::is_ascii_uppercase));
    let ends: &[Vec<u8>] = match matcher {
        Matcher::Exact(text) | Matcher::Suffix(text) => std::slice::from_ref(text),
        Matcher::In(texts) => texts,
        _ => &[],
    };
    let no_host = ends.iter().find(|text| !ends_like_a_host(text));
    scalar(matcher)
        .or_else(|| upper.map(wrong("hosts are matched in lower case")))
        .or_else(|| no_host.map(wrong("hosts are matched without user info, port and final dot")))
}

/// A colon behind the last bracket would be the start of a port.
fn ends_like_a_host(text: &[u8]) -> bool {
    let behind_brackets = text.rsplit(|byte| *byte == b']').next().unwrap_or(text);
    !text.contains(&b'@') && !text.ends_with(b".") && !behind_brackets.contains(&b':')
}

fn texts(matcher: &Matcher) -> Vec<&Vec<u8>> {
    match matcher {
        Matcher::Exact(text) | Matcher::Prefix(text) | Matcher::Suffix(text) => vec![text],
        Matcher::In(texts) => texts.iter().collect(),
        Matcher::Regex(_) | Matcher::Contains(_) | Matcher::Present(_) => vec![],
    }
}

fn never(text: &[u8], reason: &str) -> String {
    format!("`{}` never matches: {reason}", String::from_utf8_lossy(text))
}
