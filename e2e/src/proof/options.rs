//! What the command lines of `make soak` and `make chaos` ask for: names and numbers.

use std::collections::BTreeMap;
use std::str::FromStr;

/// `--name value` pairs, of which each is taken once.
#[derive(Debug)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// From the words of a command line.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut words, mut pairs) = (words, BTreeMap::new());
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or_else(|| format!("what is {word}?"))?;
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            if pairs.insert(name.to_owned(), value).is_some() {
                return Err(format!("{word} is there twice"));
            }
        }
        Ok(Self(pairs))
    }

    /// The value of this name, if it was given.
    ///
    /// # Errors
    /// When it is of another kind.
    pub fn take<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, String> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("--{name} is no {text}"))
    }

    /// Nothing else was given.
    ///
    /// # Errors
    /// When something was.
    pub fn end(self) -> Result<(), String> {
        self.0.keys().next().map_or(Ok(()), |name| Err(format!("what is --{name}?")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_it_knows() {
        let words = |text: &str| Options::parse(text.split_whitespace().map(str::to_owned));
        let mut options = words("--seed 7 --only mutate").unwrap();
        assert_eq!(options.take::<u64>("seed"), Ok(Some(7)));
        assert_eq!(options.take::<u64>("index"), Ok(None));
        assert!(options.end().is_err(), "--only is left");
        for wrong in ["seed", "--seed", "--seed 1 --seed 2"] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
        assert!(words("--seed x").unwrap().take::<u64>("seed").is_err());
    }
}
