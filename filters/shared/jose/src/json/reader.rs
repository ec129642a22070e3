//! Text into [`Json`], by recursive descent that ends at [`Json::MAX_DEPTH`].

use super::{InvalidJson, Json, string};
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn document(mut self) -> Result<Json<'t>, InvalidJson> {
        let value = self.value(Json::MAX_DEPTH)?;
        self.skip_space();
        if self.at == self.text.len() { Ok(value) } else { Err(self.syntax()) }
    }

    /// `depth`: how many levels may still be opened.
    fn value(&mut self, depth: usize) -> Result<Json<'t>, InvalidJson> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Json<'t>, InvalidJson> {
        let depth = self.open(depth)?;
        if self.next_is(b'}') {
            return Ok(Json::Map(Vec::new()));
        }
        let mut members = Vec::with_capacity(USUAL_MEMBERS);
        loop {
            self.skip_space();
            let name = self.string()?;
            self.require(b':')?;
            members.push((name, self.value(depth)?));
            if self.next_is(b'}') {
                break;
            }
            self.require(b',')?;
        }
        if has_duplicate(&members) {
            return Err(InvalidJson::Duplicate { at: self.at });
        }
        Ok(Json::Map(members))
    }

    fn list(&mut self, depth: usize) -> Result<Json<'t>, InvalidJson> {
        let depth = self.open(depth)?;
        let mut items = Vec::new();
        if self.next_is(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.next_is(b']') {
                return Ok(Json::List(items));
            }
            self.require(b',')?;
        }
    }

    fn string(&mut self) -> Result<Cow<'t, str>, InvalidJson> {
        let rest = self.text.get(self.at..).ok_or_else(|| self.syntax())?;
        let (string, length) = string::read(rest).ok_or_else(|| self.syntax())?;
        self.skip(length);
        Ok(string)
    }

    fn word(&mut self, word: &str, value: Json<'t>) -> Result<Json<'t>, InvalidJson> {
        match self.rest().starts_with(word.as_bytes()) {
            true => {
                self.skip(word.len());
                Ok(value)
            }
            false => Err(self.syntax()),
        }
    }

    /// RFC 8259 section 6: no leading zero, no bare point, no bare exponent.
    fn number(&mut self) -> Result<Json<'t>, InvalidJson> {
        let start = self.at;
        self.take(b"-");
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            return Err(self.syntax());
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digits()?;
        }
        let text = self.text.get(start..self.at).ok_or_else(|| self.syntax())?;
        Ok(Json::Number(Cow::Borrowed(text)))
    }

    /// At least one digit; how many.
    fn digits(&mut self) -> Result<usize, InvalidJson> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.skip(count);
        if count == 0 { Err(self.syntax()) } else { Ok(count) }
    }

    fn open(&mut self, depth: usize) -> Result<usize, InvalidJson> {
        self.skip(1);
        depth.checked_sub(1).ok_or(InvalidJson::TooDeep)
    }

    /// Takes one byte, if it is one of these.
    fn take(&mut self, wanted: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| wanted.contains(&byte));
        if found {
            self.skip(1);
        }
        found
    }

    /// Takes white space, and then this byte if it is there.
    fn next_is(&mut self, wanted: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(wanted);
        if found {
            self.skip(1);
        }
        found
    }

    fn require(&mut self, wanted: u8) -> Result<(), InvalidJson> {
        if self.next_is(wanted) { Ok(()) } else { Err(self.syntax()) }
    }

    fn skip_space(&mut self) {
        let spaces = self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.skip(spaces.count());
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn syntax(&self) -> InvalidJson {
        InvalidJson::Syntax { at: self.at }
    }
}

/// Few names are compared with each other; many are put in order, or an object of 40 000 members would take seconds.
fn has_duplicate(members: &[(Cow<'_, str>, Json<'_>)]) -> bool {
    if members.len() > FEW {
        let mut names = BTreeSet::new();
        return !members.iter().all(|(name, _)| names.insert(name.as_ref()));
    }
    let mut rest = members;
    while let [(name, _), behind @ ..] = rest {
        if behind.iter().any(|(other, _)| other == name) {
            return true;
        }
        rest = behind;
    }
    false
}

const FEW: usize = 16;
/// More than a header has, and most payloads; few are claims that are objects.
const USUAL_MEMBERS: usize = 8;
