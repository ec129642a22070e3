//! Versions of Envoy, in their order.

/// `1.39.3`; what is left out is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u32; 3]);

impl Version {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut version = [0; 3];
        for (place, part) in text.split('.').enumerate() {
            *version.get_mut(place)? = part.parse().ok()?;
        }
        Some(Self(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_number() {
        for (older, newer) in [("1.9.1", "1.36.0"), ("1.36.4", "1.37"), ("1.38.2", "1.38.10"), ("1.39", "2")]
        {
            assert!(Version::parse(older) < Version::parse(newer), "{older}, {newer}");
        }
        assert_eq!(Version::parse("1.39"), Version::parse("1.39.0"));
        for wrong in ["", "v1.39", "1.39.0.1", "1.39-dev", "1..2"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
