//! Who is asking, and may they: tokens, client certificates, and the binding between them.
#![forbid(unsafe_code)]
