//! A real Envoy with the filters in it, driven by a real client.
