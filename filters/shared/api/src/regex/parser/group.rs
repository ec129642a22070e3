//! What follows a `(`.

use super::cursor::{Cursor, Refusal};
use super::{ByteSet, Flags, Parser};

/// What a `(` turned out to be.
pub(super) enum Opened {
    /// A group, whose content is next.
    Group,
    /// `(?i)`: nothing but flags for the rest of the group around it.
    Flags,
}

impl<'p> Parser<'p> {
    /// Reads what is between `(` and the group's content.
    pub(super) fn opened(&mut self, start: Cursor<'p>) -> Result<Opened, Refusal> {
        if !self.cursor.eat("?") {
            return Ok(Opened::Group);
        }
        if let Some((_, reason)) = UNSUPPORTED.iter().find(|(text, _)| self.cursor.sees(text)) {
            return Err(start.refusal(reason));
        }
        if self.cursor.eat("P<") || self.cursor.eat("<") {
            self.name()?;
            return Ok(Opened::Group);
        }
        self.flags(start)
    }

    /// `name>`; it means nothing to a match as a whole, but patterns come from places where it does.
    fn name(&mut self) -> Result<(), Refusal> {
        let start = self.cursor;
        let name = self.cursor.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if name.first().is_none_or(u8::is_ascii_digit) || !self.cursor.eat(">") {
            return Err(
                start.refusal("a group's name is made of letters, digits and _, in ASCII, no digit first")
            );
        }
        if self.names.contains(&name) {
            return Err(start.refusal("another group has this name"));
        }
        self.names.push(name);
        Ok(())
    }

    /// `ims-ims)` or `ims-ims:`.
    fn flags(&mut self, group: Cursor<'p>) -> Result<Opened, Refusal> {
        let (mut flags, mut seen, mut last) = (self.flags, ByteSet::default(), b'?');
        loop {
            let start = self.cursor;
            let Some(flag) = self.cursor.next() else {
                return Err(group.refusal("this group is not closed"));
            };
            match flag {
                b':' | b')' if last == b'-' => return Err(start.refusal("no flag after the `-`")),
                b')' if last == b'?' => return Err(start.refusal("no flag after the `?`")),
                b':' | b')' => {
                    self.flags = flags;
                    return Ok(if flag == b':' { Opened::Group } else { Opened::Flags });
                }
                _ if seen.contains(flag) => return Err(start.refusal("this flag is there twice")),
                b'-' => {}
                _ => set(&mut flags, flag, !seen.contains(b'-')).map_err(|reason| start.refusal(reason))?,
            }
            seen.insert(flag);
            last = flag;
        }
    }
}

fn set(flags: &mut Flags, flag: u8, on: bool) -> Result<(), &'static str> {
    match flag {
        b'i' => flags.ignore_case = on,
        b'm' => flags.multi_line = on,
        b's' => flags.dot_is_any = on,
        // Swaps greedy and lazy, which is the same to a match as a whole.
        b'U' => {}
        b'x' => return Err("the flag x (spaces and comments in patterns) is not supported"),
        // Patterns are about bytes: `-u` is what they are anyway.
        b'u' if !on => {}
        b'u' => return Err("the flag u (Unicode) is not supported, patterns are about bytes"),
        b'R' => return Err("R (lines that end with \\r\\n, elsewhere recursion) is not supported"),
        b'0'..=b'9' => return Err("recursion is not supported"),
        _ => return Err("unknown flag or kind of group"),
    }
    Ok(())
}

/// What other engines know, and what it is called.
const UNSUPPORTED: [(&str, &str); 12] = [
    ("=", "look-ahead is not supported"),
    ("!", "look-ahead is not supported"),
    ("<=", "look-behind is not supported"),
    ("<!", "look-behind is not supported"),
    (">", "atomic groups are not supported"),
    ("#", "comments are not supported"),
    ("|", "branch reset is not supported"),
    ("(", "conditions are not supported"),
    ("'", "a group's name stands between < and >"),
    ("P=", "back-references are not supported"),
    ("P>", "recursion is not supported"),
    ("&", "recursion is not supported"),
];
