//! What an upstream is told about the caller, in fields that no client can write.
//!
//! Every field that a policy can set is removed from what the client sent, on every route. So are its look-alikes with
//! `_` for `-`: to many servers (CGI, WSGI, PHP) `X-JWT-Sub` and `X_JWT_Sub` are one name.

#[cfg(test)]
mod tests;

use crate::denial::Reason;
use crate::json;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filter_api::{FieldName, Fields};
use filter_jose::{Json, VerifiedToken};

/// `forward:` of a provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forward {
    /// `token: strip`.
    pub(crate) strip_token: bool,
    pub(crate) payload: Option<FieldName>,
    /// Claim paths, and the fields that they go to.
    pub(crate) claims: Vec<(String, FieldName)>,
}

impl Forward {
    /// The fields that this can set.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &FieldName> {
        self.payload.iter().chain(self.claims.iter().map(|(_, field)| field))
    }

    /// The values for a token, in the order of [`Forward::fields`]; `None` where the token has no such claim.
    ///
    /// # Errors
    /// [`Reason::ClaimValue`]: a value cannot stand in a field as it is.
    pub(crate) fn values(&self, token: &VerifiedToken<'_>) -> Result<Vec<Option<Box<[u8]>>>, Reason> {
        let mut values = Vec::new();
        if self.payload.is_some() {
            values.push(Some(token.payload().as_bytes().into()));
        }
        for (path, _) in &self.claims {
            values.push(token.claims().at(path).map(value).transpose()?.flatten());
        }
        Ok(values)
    }
}

/// A claim as the value of a field: text, number and boolean as they are, the scalars of a list between commas (a comma
/// in one is `%2C`, a percent sign `%25`), and everything else as base64url JSON. Nothing for `null`.
fn value(claim: &Json<'_>) -> Result<Option<Box<[u8]>>, Reason> {
    let text = match claim {
        Json::Null => return Ok(None),
        Json::List(items) => match items.iter().map(scalar).collect::<Option<Vec<_>>>() {
            Some(items) => {
                let items: Vec<_> = items.iter().map(|item| escape_item(item)).collect();
                items.join(",")
            }
            None => URL_SAFE_NO_PAD.encode(json::text(claim)),
        },
        Json::Map(_) => URL_SAFE_NO_PAD.encode(json::text(claim)),
        other => scalar(other).unwrap_or_default().to_owned(),
    };
    // A server cuts the white space around a value off: ` admin` would become somebody else.
    let visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !visible || text.trim_ascii().len() != text.len() || text.len() > MAX_VALUE_BYTES {
        return Err(Reason::ClaimValue);
    }
    Ok(Some(text.into_bytes().into()))
}

/// The text of a string, number or boolean.
pub(crate) fn scalar<'j>(value: &'j Json<'_>) -> Option<&'j str> {
    match value {
        Json::Text(text) | Json::Number(text) => Some(text),
        Json::Bool(yes) => Some(if *yes { "true" } else { "false" }),
        Json::Null | Json::List(_) | Json::Map(_) => None,
    }
}

fn escape_item(item: &str) -> String {
    item.replace('%', "%25").replace(',', "%2C")
}

/// The fields that clients may not send, with their look-alikes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reserved(Vec<Name>);

#[derive(Clone, Debug)]
struct Name {
    field: FieldName,
    /// All spellings with `_` for some of the `-`: bit n of the place says that the nth `-` is a `_`.
    spellings: Vec<String>,
}

impl Reserved {
    /// Takes up a field.
    ///
    /// # Errors
    /// It has too many `-` for all its look-alikes to be known.
    pub(crate) fn add(&mut self, field: &FieldName) -> Result<(), String> {
        let dashes = field.as_str().bytes().filter(|byte| matches!(byte, b'-' | b'_')).count();
        if dashes > MAX_DASHES {
            return Err(format!("has {dashes} of - and _, at most {MAX_DASHES} are allowed"));
        }
        if !self.0.iter().any(|known| is_alike(known.field.as_str(), field.as_str().as_bytes())) {
            self.0.push(Name { spellings: spellings(field.as_str(), dashes), field: field.clone() });
        }
        Ok(())
    }

    /// Whether a client may not send this field.
    pub(crate) fn has(&self, field: &FieldName) -> bool {
        self.0.iter().any(|known| is_alike(known.field.as_str(), field.as_str().as_bytes()))
    }

    /// The spellings of reserved fields that a request has. One pass; nothing to do costs nothing.
    pub(crate) fn sent<'p>(&'p self, fields: Fields<'_>) -> Vec<&'p str> {
        let mut sent: Vec<&'p str> = Vec::new();
        for (name, _) in fields.iter() {
            let reserved = self.0.iter().find(|known| is_alike(known.field.as_str(), name));
            let spelling = reserved.and_then(|known| known.spellings.get(spelling(name)));
            match spelling {
                Some(spelling) if !sent.contains(&spelling.as_str()) => sent.push(spelling),
                _ => {}
            }
        }
        sent
    }
}

/// The same but for `_` and `-`.
fn is_alike(field: &str, name: &[u8]) -> bool {
    let fold = |byte: u8| if byte == b'_' { b'-' } else { byte };
    field.len() == name.len() && field.bytes().zip(name).all(|(a, b)| fold(a) == fold(*b))
}

/// The place of this spelling among all.
fn spelling(name: &[u8]) -> usize {
    let dashes = name.iter().filter(|byte| matches!(byte, b'-' | b'_'));
    dashes.rev().fold(0, |place, byte| place << 1 | usize::from(*byte == b'_'))
}

fn spellings(field: &str, dashes: usize) -> Vec<String> {
    let one = |place: usize| {
        let mut rest = place;
        field
            .chars()
            .map(|character| match character {
                '-' | '_' => {
                    let spelt = if rest & 1 == 1 { '_' } else { '-' };
                    rest >>= 1;
                    spelt
                }
                other => other,
            })
            .collect()
    };
    (0..1 << dashes).map(one).collect()
}

/// The longest value of a claim.
const MAX_VALUE_BYTES: usize = 8 * 1024;
/// 64 spellings of a name.
const MAX_DASHES: usize = 6;
