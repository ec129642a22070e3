//! The value of the field: a List of Structured Fields (RFC 9651) of bounded length.

use crate::{Claim, Identity};
use std::fmt::{Display, Write as _};

/// The list, as it grows.
#[derive(Clone, Debug)]
pub struct Account {
    items: String,
    /// Written last.
    identity: Item,
    /// No more than this is said.
    is_full: bool,
}

/// One member of it, with its parameters.
#[derive(Clone, Debug)]
pub struct Item(pub(super) String);

impl Account {
    /// `identity;iss="..";sub="..";peer=".."`, with what there is of them.
    pub(super) fn of(identity: Identity<'_>) -> Self {
        let mut item = Item("identity".to_owned());
        for name in ["iss", "sub"] {
            if let Some(value) = identity.claim(name).and_then(Claim::scalar) {
                item = item.text(name, &String::from_utf8_lossy(value));
            }
        }
        if let Some(id) = identity.spiffe_id() {
            item = item.text("peer", &String::from_utf8_lossy(id));
        }
        Self { items: String::new(), identity: item, is_full: false }
    }

    /// Adds a member; one that finds no room is replaced by the token `more`, and so are all behind it.
    pub fn add(&mut self, Item(item): Item) {
        if self.is_full {
            return;
        }
        self.is_full = self.items.len().saturating_add(item.len()) > MAX_ITEMS_BYTES;
        self.items.push_str(if self.is_full { "more" } else { &item });
        self.items.push_str(", ");
    }

    /// All of it, who the caller is last.
    pub(super) fn finish(self) -> String {
        let Self { mut items, identity: Item(identity), is_full: _ } = self;
        items.push_str(&identity);
        items
    }
}

impl Item {
    /// A member that is a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut item = String::new();
        quote(&mut item, text);
        Self(item)
    }

    /// Adds a parameter that is a text; what is longer than 128 characters is cut.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        let _ = write!(self.0, ";{name}=");
        quote(&mut self.0, text);
        self
    }

    /// Adds a parameter that is a number or a token.
    #[must_use]
    pub fn bare(mut self, name: &str, value: impl Display) -> Self {
        let _ = write!(self.0, ";{name}={value}");
        self
    }

    /// Adds a parameter that is true.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        let _ = write!(self.0, ";{name}");
        self
    }
}

/// A String (RFC 9651 section 3.3.3), or, where one cannot have the characters, a Display String (section 3.3.8).
fn quote(out: &mut String, text: &str) {
    let text: String = text.chars().take(MAX_TEXT_CHARS).collect();
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        out.push('"');
        for char in text.chars() {
            if matches!(char, '"' | '\\') {
                out.push('\\');
            }
            out.push(char);
        }
    } else {
        out.push_str("%\"");
        for byte in text.bytes() {
            match byte {
                b'%' | b'"' | ..b' ' | 0x7F.. => {
                    let _ = write!(out, "%{byte:02x}");
                }
                _ => out.push(char::from(byte)),
            }
        }
    }
    out.push('"');
}

/// Envoy takes 60 KiB of fields by default, other proxies less.
const MAX_ITEMS_BYTES: usize = 4096;
const MAX_TEXT_CHARS: usize = 128;
