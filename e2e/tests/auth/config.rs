//! (to come)

e2e::tests![];
