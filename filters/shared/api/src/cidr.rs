//! IP networks (RFC 4632, RFC 4291 section 2.3) and the addresses that Envoy reports.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

/// A network such as `10.0.0.0/8` or `fd00::/8`; a bare address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is not a [`Cidr`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCidr {
    /// What stands before the slash is no IP address.
    #[error("`{0}` is not an IP address or network such as 10.0.0.0/8")]
    Address(String),
    /// The prefix length is no number, or longer than the address.
    #[error("`{0}` has no valid prefix length")]
    Prefix(String),
    /// Bits are set behind the prefix: `10.0.0.1/8`.
    #[error("`{0}` has bits set behind its prefix")]
    HostBits(String),
    /// `::ffff:10.0.0.0/104`: addresses are folded to IPv4 before they are compared, so it would never match.
    #[error("`{0}` holds IPv4 addresses only; write it as an IPv4 network")]
    Mapped(String),
}

impl Cidr {
    /// Parses a network in its canonical form.
    ///
    /// # Errors
    /// [`InvalidCidr`].
    pub fn parse(text: &str) -> Result<Self, InvalidCidr> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| InvalidCidr::Address(text.to_owned()))?;
        let prefix = match prefix {
            None => Some(width(address)),
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
            Some(_) => None,
        };
        let prefix = prefix.filter(|prefix| *prefix <= width(address));
        let prefix = prefix.ok_or_else(|| InvalidCidr::Prefix(text.to_owned()))?;
        if truncate(address, prefix) != address {
            return Err(InvalidCidr::HostBits(text.to_owned()));
        }
        if prefix >= MAPPED_PREFIX && address != address.to_canonical() {
            return Err(InvalidCidr::Mapped(text.to_owned()));
        }
        Ok(Self { address, prefix })
    }

    /// Whether the address lies in this network. An IPv4 address never lies in an IPv6 network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        width(address) == width(self.address) && truncate(address, self.prefix) == self.address
    }
}

/// Keeps the first `prefix` bits of an address.
#[must_use]
pub fn truncate(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(u32::from(prefix))).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(prefix))).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

/// Reads Envoy's `source.address`: `192.0.2.1:443` or `[2001:db8::1]:443`; the port is dropped, an IPv4-mapped
/// address folded. `None` for a Unix socket.
#[must_use]
pub fn parse_source(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let host = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if text.bytes().filter(|byte| *byte == b':').count() > 1 => text,
        None => text.split(':').next()?,
    };
    // A zone (`fe80::1%eth0`) says on which link, not who.
    let host = host.split('%').next()?;
    host.parse().ok().map(|address: IpAddr| address.to_canonical())
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// `::ffff:0:0/96` (RFC 4291 section 2.5.5.2).
const MAPPED_PREFIX: u8 = 96;
