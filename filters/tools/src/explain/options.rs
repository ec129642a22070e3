//! `sluice explain` on the command line: a request in words.

use super::supply::Supply;
use crate::filter::Filter;
use crate::request::Request;
use crate::tree::string;
use crate::{document, json};
use clap::{Args, ValueHint};
use filter_api::{SpiffeId, TlsVersion, UnixTime, Value};
use std::net::IpAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Say what a policy decides about a request, and why
///
/// By the very code that runs in the proxy: which rule, which check, which subset or limit. POLICY is a policy, or a
/// configuration or manifest with one policy of the filter. What the proxy would fetch is read from files; what cannot be known
/// here is said.
///
/// Several policies, or a configuration of Envoy or manifests with one policy of each of several filters, are a chain, in the order in
/// which they stand: each filter sees the request as those before it leave it, with the identity that `auth` has verified, and
/// behind one that refuses there is nobody.
///
/// For `canary` and `ratelimit`, claims are what `auth` has verified before. For `auth` they stand in a token as if one of the
/// policy's issuers had signed it (its key is the only thing that is not checked; `iss`, `aud`, `iat` and `exp` are added unless
/// you name them); or give a real one with --token, and its keys with --keys.
///
/// Exit status: 0 whatever the decision is, 1 if there is none (the policy is refused, a file cannot be read), 2 if the command
/// line is wrong.
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct Explain {
    /// The policy, or those of a chain, in its order; `-` is the standard input
    #[arg(required = true, value_name = "POLICY", value_hint = ValueHint::FilePath)]
    pub policies: Vec<PathBuf>,

    /// Whose policy it is, if its fields do not tell
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<Filter>,

    /// As JSON, for programs
    #[arg(long)]
    pub json: bool,

    /// The request method
    #[arg(long, default_value = "GET", help_heading = "The request")]
    method: String,

    /// The path, with its query
    #[arg(long, default_value = "/", help_heading = "The request")]
    path: String,

    /// The host
    #[arg(long, default_value = "example.org", help_heading = "The request")]
    authority: String,

    /// A line of the head; may be repeated
    #[arg(long = "header", value_name = "NAME:VALUE", value_parser = named::<':'>, help_heading = "The request")]
    headers: Vec<(String, String)>,

    /// A cookie; may be repeated
    #[arg(long = "cookie", value_name = "NAME=VALUE", value_parser = named::<'='>, help_heading = "The request")]
    cookies: Vec<(String, String)>,

    /// The client's address
    #[arg(long, value_name = "ADDRESS", help_heading = "The request")]
    source_ip: Option<IpAddr>,

    /// The name of the route that Envoy chose
    #[arg(long, help_heading = "The request")]
    route: Option<String>,

    /// When it arrives (RFC 3339); now, if it is not said
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "The request")]
    at: Option<UnixTime>,

    /// A verified claim, as JSON or plain text; may be repeated
    #[arg(long = "claim", value_name = "NAME=JSON", value_parser = claim, help_heading = "Who is asking")]
    pub claims: Vec<(String, Value)>,

    /// Whose token has the claims (auth): a provider, or jwt_svid; the first provider, if it is not said
    #[arg(long, value_name = "PROVIDER", requires = "claims", help_heading = "Who is asking")]
    pub issuer: Option<String>,

    /// A real token (auth), as in `authorization: Bearer`
    #[arg(long, value_name = "JWT", conflicts_with = "claims", help_heading = "Who is asking")]
    pub token: Option<String>,

    /// The SPIFFE ID in the client's certificate, which Envoy has validated
    #[arg(long, value_name = "SPIFFE_ID", value_parser = spiffe_id, help_heading = "Who is asking")]
    peer: Option<String>,

    /// SHA-256 of the client's certificate, in hexadecimal; zeros, if there is a peer and it is not said
    #[arg(long, value_name = "SHA256", value_parser = digest, help_heading = "Who is asking")]
    certificate: Option<[u8; 32]>,

    /// TLS of the connection: 1.0 to 1.3, or none; 1.3, if there is a peer or a certificate
    #[arg(long, value_name = "VERSION", value_parser = tls, help_heading = "Who is asking")]
    tls: Option<Tls>,

    /// The JWK Set of a provider that the proxy would fetch; may be repeated
    #[arg(long, value_name = "PROVIDER=FILE", value_parser = named::<'='>, help_heading = "What the proxy has fetched")]
    keys: Vec<(String, String)>,

    /// The bundle of a trust domain; may be repeated
    #[arg(long, value_name = "DOMAIN=FILE", value_parser = named::<'='>, help_heading = "What the proxy has fetched")]
    bundle: Vec<(String, String)>,

    /// A list; may be repeated
    #[arg(long, value_name = "NAME=FILE", value_parser = named::<'='>, help_heading = "What the proxy has fetched")]
    list: Vec<(String, String)>,

    /// The revocation list
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What the proxy has fetched")]
    revoked: Option<PathBuf>,

    /// So many such requests came just before, and are in flight (ratelimit)
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    #[arg(help_heading = "What the proxy has seen")]
    pub after: u32,
}

impl Explain {
    /// The request.
    #[must_use]
    pub fn request(&self) -> Request {
        let tls = match self.tls {
            Some(Tls(version)) => version,
            None => (self.peer.is_some() || self.certificate.is_some()).then_some(TlsVersion::V1_3),
        };
        let peer = self.peer.as_deref().and_then(|peer| SpiffeId::parse(peer).ok()).map(Rc::new);
        let mut request = Request::at(self.at.unwrap_or_else(now));
        request.source_ip = self.source_ip.map(|address| address.to_canonical());
        request.certificate = self.certificate.or(peer.is_some().then_some([0; 32]));
        request.peer = peer;
        request.tls = tls;
        request.route.clone_from(&self.route);
        request.add(":method", &self.method);
        request.add(":path", &self.path);
        request.add(":authority", &self.authority);
        request.add(":scheme", if tls.is_some() { "https" } else { "http" });
        for (name, value) in &self.headers {
            request.add(name, value.trim());
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.add("cookie", pairs.join("; "));
        }
        if let Some(token) = &self.token {
            request.add("authorization", format!("Bearer {token}"));
        }
        request
    }

    /// What the proxy would have fetched.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn supply(&self) -> Result<Supply, String> {
        let mut supply = Supply::default();
        let revoked = self.revoked.as_ref().map(|file| ("revoked".to_owned(), file.display().to_string()));
        let revoked: Vec<_> = revoked.into_iter().collect();
        for (kind, given) in
            [("keys", &self.keys), ("bundle", &self.bundle), ("list", &self.list), ("revocations", &revoked)]
        {
            for (name, file) in given {
                let body = document::bytes(file.as_ref()).map_err(|error| format!("{file}: {error}"))?;
                supply.add(kind, name, body);
            }
        }
        Ok(supply)
    }
}

/// `--tls none` is something else than not to say anything.
#[derive(Clone, Copy, Debug)]
struct Tls(Option<TlsVersion>);

fn tls(text: &str) -> Result<Tls, String> {
    match text {
        "none" => Ok(Tls(None)),
        version => TlsVersion::from_attribute(format!("TLSv{version}").as_bytes())
            .map(|version| Tls(Some(version)))
            .ok_or_else(|| "wants 1.0, 1.1, 1.2, 1.3 or none".to_owned()),
    }
}

fn named<const SEPARATOR: char>(text: &str) -> Result<(String, String), String> {
    match text.split_once(SEPARATOR) {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        // `:path: /a`
        _ => Err(format!("wants a name, `{SEPARATOR}` and a value")),
    }
}

/// What is no JSON is a string, so that shells need no quotes inside quotes.
fn claim(text: &str) -> Result<(String, Value), String> {
    let (name, value) = named::<'='>(text)?;
    let value = Value::from_json(value.as_bytes()).unwrap_or_else(|_| string(value));
    // What the parser took is what the token will have: a number keeps its value.
    debug_assert!(Value::from_json(json::compact(&value).as_bytes()).is_ok(), "a value that is JSON");
    Ok((name, value))
}

fn time(text: &str) -> Result<UnixTime, String> {
    UnixTime::parse(text).map_err(|error| error.to_string())
}

fn spiffe_id(text: &str) -> Result<String, String> {
    SpiffeId::parse(text).map(|id| id.as_str().to_owned()).map_err(|error| error.to_string())
}

fn digest(text: &str) -> Result<[u8; 32], String> {
    let wrong = || "wants 64 hexadecimal digits".to_owned();
    let digits: Vec<u8> =
        text.chars().filter(|digit| *digit != ':').map(|digit| u8::try_from(digit).unwrap_or(0)).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::default().plus(since)
}
