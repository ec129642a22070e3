//! Tools that serve the filters' users and authors.
