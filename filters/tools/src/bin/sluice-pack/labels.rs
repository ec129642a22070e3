//! What an image says about itself, as its manifest's annotations and as labels of its configuration.

use crate::timestamp::rfc3339;
use std::collections::BTreeMap;

/// Who made what, from where, under which terms.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Labels {
    /// The filter's name
    #[arg(long, value_name = "NAME")]
    pub(crate) filter: String,
    /// Its version
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: String,
    /// One sentence about it
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: String,
    /// Its licence (SPDX)
    #[arg(long, value_name = "LICENCE")]
    pub(crate) licence: String,
    /// The commit that it is built from
    #[arg(long, value_name = "COMMIT")]
    pub(crate) revision: Option<String>,
    /// When that commit was made, in seconds since 1970
    #[arg(long, value_name = "SECONDS")]
    pub(crate) created: u32,
    /// Where the source is, as https://...
    #[arg(long, value_name = "URL", value_parser = public)]
    pub(crate) source: Option<String>,
}

impl Labels {
    /// The predefined annotation keys of OCI.
    pub(crate) fn all(&self) -> BTreeMap<&'static str, String> {
        let Self { filter, version, description, licence, revision, created, source } = self;
        let mut all = BTreeMap::from([
            ("org.opencontainers.image.created", rfc3339(*created)),
            ("org.opencontainers.image.description", description.clone()),
            ("org.opencontainers.image.licenses", licence.clone()),
            ("org.opencontainers.image.title", format!("sluice-{filter}")),
            ("org.opencontainers.image.version", version.clone()),
        ]);
        let known =
            [("org.opencontainers.image.revision", revision), ("org.opencontainers.image.source", source)];
        all.extend(known.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))));
        all
    }
}

/// An address that is the same for everybody: no path of this machine, and nobody's password.
fn public(url: &str) -> Result<String, String> {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    match host {
        Some(host) if !host.is_empty() && !host.contains('@') => Ok(url.to_owned()),
        _ => Err("it is not https://<host>/...".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::public;

    #[test]
    fn a_source_is_a_public_address() {
        for (url, fine) in [
            ("/home/me/sluice", false),
            ("file:///home/me/sluice", false),
            ("git@example.com:sluice.git", false),
            ("http://example.com/sluice", false),
            ("https://", false),
            ("https:///sluice", false),
            ("https://me:secret@example.com/sluice", false),
            ("https://example.com/sluice", true),
        ] {
            assert_eq!(public(url).is_ok(), fine, "{url}");
        }
    }
}
