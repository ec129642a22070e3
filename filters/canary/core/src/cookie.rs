//! The cookie that keeps a drawn id (RFC 6265bis section 4.1).

#[cfg(test)]
mod tests;

use filter_api::config::Node;
use filter_api::{is_token, parse_duration};
use std::fmt::Write as _;

/// A cookie's name and its attributes, rendered once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickyCookie {
    name: String,
    attributes: String,
}

/// RFC 6265bis section 4.1.2.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent on navigation from elsewhere; the default.
    Lax,
    /// Never sent from elsewhere.
    Strict,
    /// Always sent; needs `secure`.
    None,
}

impl StickyCookie {
    /// Reads `sticky_cookie:`.
    #[must_use]
    pub fn read(node: &Node<'_>) -> Option<Self> {
        let mut map = node.map()?;
        let name = map.required("name", |node| match node.text()? {
            name if !name.is_empty() && name.bytes().all(is_token) => Some(name),
            _ => node.refuse("is not a cookie name"),
        });
        let path = map.optional("path", |node| match attribute(&node)? {
            path if path.starts_with('/') => Some(path),
            _ => node.refuse("does not start with `/`; browsers ignore it then"),
        });
        let domain = map.optional("domain", |node| attribute(&node));
        let max_age = map.optional("max_age", |node| match node.parse(parse_duration)?.as_secs() {
            0 => node.refuse("is shorter than 1s; browsers drop the cookie at once"),
            secs => Some(secs),
        });
        let secure = map.optional("secure", |node| node.boolean()).unwrap_or(false);
        let http_only = map.optional("http_only", |node| node.boolean()).unwrap_or(true);
        let partitioned = map.optional("partitioned", |node| node.boolean()).unwrap_or(false);
        let same_site = map.optional("same_site", |node| SameSite::read(&node)).unwrap_or(SameSite::Lax);
        map.finish();
        if same_site == SameSite::None && !secure {
            return node.refuse("same_site: none needs secure: true, or browsers drop the cookie");
        }
        if partitioned && !secure {
            return node.refuse("partitioned needs secure: true, or browsers drop the cookie");
        }
        // RFC 6265bis section 4.1.3, compared without regard to case as browsers do.
        let prefixed = |prefix: &str| {
            name.and_then(|name| name.get(..prefix.len()))
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if (prefixed("__Secure-") || prefixed("__Host-")) && !secure {
            return node.refuse("the name's prefix needs secure: true, or browsers drop the cookie");
        }
        if prefixed("__Host-") && (domain.is_some() || path.is_some_and(|path| path != "/")) {
            return node
                .refuse("the prefix __Host- needs path: / and no domain, or browsers drop the cookie");
        }
        let mut attributes = format!("; Path={}", path.unwrap_or("/"));
        // Writing to a String cannot fail.
        let _ = domain.map(|domain| write!(attributes, "; Domain={domain}"));
        let _ = max_age.map(|secs| write!(attributes, "; Max-Age={secs}"));
        let _ = write!(attributes, "; SameSite={}", same_site.as_str());
        for (wanted, text) in
            [(secure, "; Secure"), (http_only, "; HttpOnly"), (partitioned, "; Partitioned")]
        {
            attributes.push_str(if wanted { text } else { "" });
        }
        Some(Self { name: name?.to_owned(), attributes })
    }

    /// The cookie's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of a `Set-Cookie` line.
    #[must_use]
    pub fn set(&self, id: &str) -> String {
        [&self.name, "=", id, &self.attributes].concat()
    }
}

impl SameSite {
    fn read(node: &Node<'_>) -> Option<Self> {
        match node.text()? {
            "lax" => Some(Self::Lax),
            "strict" => Some(Self::Strict),
            "none" => Some(Self::None),
            other => node.refuse(format_args!("`{other}` is unknown, known here: lax, strict, none")),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
            Self::None => "None",
        }
    }
}

/// An attribute's value must not be able to begin another attribute.
fn attribute<'a>(node: &Node<'a>) -> Option<&'a str> {
    match node.text()? {
        text if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';') => {
            Some(text)
        }
        _ => node.refuse("is empty or has a character that no cookie attribute may have"),
    }
}
