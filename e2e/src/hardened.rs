//! The lists of capabilities that ship.

use crate::bootstrap::Bootstrap;

impl Bootstrap {
    /// The filter that the test is about may do what `hardened.yaml` in its folder of `envoy-config/` allows, and nothing else.
    ///
    /// # Panics
    /// When that file allows it nothing.
    #[must_use]
    pub fn hardened(mut self) -> Self {
        let folder = self.filter_name.trim_start_matches("sluice.");
        let mut shipped = Self::read(&format!("envoy-config/{folder}/hardened.yaml"), None);
        shipped.filter_name = self.filter_name;
        let list = shipped.plugin()[CAPABILITIES].clone();
        assert!(list["allowed_capabilities"].is_object(), "{list}");
        self.plugin()[CAPABILITIES] = list;
        self
    }

    /// The same without one of them.
    ///
    /// # Panics
    /// When it is not among them.
    #[must_use]
    pub fn hardened_without(self, name: &str) -> Self {
        let mut less = self.hardened();
        let list = less.plugin()[CAPABILITIES]["allowed_capabilities"].as_object_mut().expect("a list");
        list.remove(name).unwrap_or_else(|| panic!("{name} is not allowed anyway"));
        less
    }
}

const CAPABILITIES: &str = "capability_restriction_config";
