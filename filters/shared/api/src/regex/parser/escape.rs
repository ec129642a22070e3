//! What follows a `\`.

use super::cursor::{Cursor, Refusal};
use super::{ByteSet, Look, Parser, class};

/// What an escape means.
pub(super) enum Escape {
    /// One byte.
    Byte(u8),
    /// A character above ASCII.
    Character(char),
    /// Any byte of a set.
    Set(ByteSet),
    /// An assertion.
    Look(Look),
}

impl<'p> Parser<'p> {
    /// Reads an escape after its `\`.
    pub(super) fn escape(&mut self, start: Cursor<'p>) -> Result<Escape, Refusal> {
        let Some(letter) = self.cursor.next() else { return Err(start.refusal("nothing after the `\\`")) };
        if let Some(set) = class::escaped(letter) {
            return Ok(Escape::Set(set));
        }
        Ok(match letter {
            b'A' => Escape::Look(Look::Start),
            b'z' => Escape::Look(Look::End),
            b'b' => Escape::Look(Look::WordBoundary),
            b'B' => Escape::Look(Look::NoWordBoundary),
            b'a' => Escape::Byte(0x07),
            b't' => Escape::Byte(b'\t'),
            b'n' => Escape::Byte(b'\n'),
            b'v' => Escape::Byte(0x0B),
            b'f' => Escape::Byte(0x0C),
            b'r' => Escape::Byte(b'\r'),
            b'x' if self.cursor.eat("{") => self.number(start)?,
            b'x' => {
                let (high, low) = (self.hexadecimal(), self.hexadecimal());
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(start.refusal("wants two hexadecimal digits such as \\x2f"));
                };
                Escape::Byte(high << 4 | low)
            }
            _ => match unsupported(letter) {
                Some(reason) => return Err(start.refusal(reason)),
                None => Escape::Byte(letter),
            },
        })
    }

    /// `20ac}` after `\x{`: a character by its number.
    fn number(&mut self, start: Cursor<'p>) -> Result<Escape, Refusal> {
        let mut number = None;
        while let Some(digit) = self.hexadecimal() {
            number = Some(number.unwrap_or(0_u32).saturating_mul(16).saturating_add(u32::from(digit)));
        }
        match number.and_then(char::from_u32).filter(|_| self.cursor.eat("}")) {
            None => Err(start.refusal("wants a character's number such as \\x{20ac}")),
            Some(character) => Ok(match u8::try_from(character) {
                Ok(byte) if byte.is_ascii() => Escape::Byte(byte),
                _ => Escape::Character(character),
            }),
        }
    }

    /// One digit, if it comes next.
    fn hexadecimal(&mut self) -> Option<u8> {
        let value = match self.cursor.peek()? {
            digit @ b'0'..=b'9' => digit.wrapping_sub(b'0'),
            // In ASCII the cases differ in one bit, and `a` has the value 1 in the lowest four.
            letter @ (b'a'..=b'f' | b'A'..=b'F') => (letter & 0x0F).wrapping_add(9),
            _ => return None,
        };
        self.cursor.next();
        Some(value)
    }
}

/// Why an escape of this byte is refused; `None` if it stands for itself.
fn unsupported(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'0'..=b'9' => "back-references and octal numbers are not supported",
        b'k' | b'g' => "back-references are not supported",
        b'p' | b'P' => "Unicode classes are not supported, patterns are about bytes",
        b'Z' => "\\Z is not supported; the end is $ or \\z",
        b'Q' | b'E' => "quoting is not supported",
        b'u' | b'U' => "wants \\x{..} for a character's number",
        b'<' | b'>' => {
            "\\< and \\> mean different things elsewhere; < and > need no \\, a word's edge is \\b"
        }
        _ if letter.is_ascii_alphabetic() || !letter.is_ascii() => "unknown escape",
        _ => return None,
    })
}
