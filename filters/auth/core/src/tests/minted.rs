//! Tokens that an independent library signed (pyca/cryptography 48), and the public halves of their keys.
//!
//! Made in Python: `rsa.generate_private_key(65537, 2048)`, `ec.generate_private_key(SECP256R1())`; header and claims as
//! JSON without white space, base64url without padding, joined by a dot; `key.sign(..)` over that, for ECDSA r and s of 32
//! bytes each. `exp` is 2100-01-01. The private keys are thrown away.

/// The key set of `https://issuer.example`: an RSA key of 2048 bits and one on P-256.
pub(crate) const JWKS: &str = r#"{"keys":[{"kty":"RSA","n":"pIRBpeXO6W-IMtMtM0IPs7x5W-RaJl5akJBvV76NnGVDAd-3RtahwH_Pn-ZdqgF8-XsFJrRt75EEeqipCWIO1xktcrVPzBHOx2DojnQaTq9A4jIGmSGafEuJuolv8RnfKvextGci4fQzXf8ZDxmNHH8J7atue7b_hs-ZdWy2B_riRy84wbskhJIcz3sc-oiXqENDtaM8zXcagBE_H4vkO5EqhJGDa_H2MmVK70ZQ8nvfPmgYdEAYhLqSUDhGTINdJeaooYSWacj9fT_cGrzN3nnMZuQl2CN3d8knuNklRqUlzX_tm-e7yfD53v_rlcZgBAtxzfT1wN58mosansPU4Q","e":"AQAB","kid":"rsa-1","alg":"RS256"},{"kty":"EC","crv":"P-256","x":"ACsDvHEoqQrN1aK_PSw-hC13eXUwp7pN9sZdM59I8oA","y":"XvnQpeBYwSub-l0addaVmP72L1iVXSKTYDrpZCYYAoc","kid":"ec-1","alg":"ES256"}]}"#;
/// The same after the RSA key was withdrawn.
pub(crate) const ROTATED: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"ACsDvHEoqQrN1aK_PSw-hC13eXUwp7pN9sZdM59I8oA","y":"XvnQpeBYwSub-l0addaVmP72L1iVXSKTYDrpZCYYAoc","kid":"ec-1","alg":"ES256"}]}"#;
/// For `orders`, by `rsa-1`.
pub(crate) const RS256: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoib3JkZXJzIiwic3ViIjoidS0xIiwic2NvcGUiOiJvcmRlcnMucmVhZCIsImV4cCI6NDEwMjQ0NDgwMH0.YWWszgWgvEIUXi1AtJaRyaUeXnxf0RTX8WIfoJ5Ng7LIYEbWLdn3pWHkzSfblGe9qkULGjmicOCGgBQkiRCIsc8JElLteibwwnvdfFzNOAGXKfRZntioldpf_XeOEwQhZ5dMu8rbibZ4f26CrB7r_u0b60AXnzwQWF4dwN-vYVCqysGtHYHoUhBU4_ijJhsO9gFzVC0AU4_3zwC0Y5k2fIIGaP3Bw4d6Y4FMTfNYjLp8kzM_9uFVqQ-ukQIZTujdDlpu2BAZrwixL3VMmf2Sj5OrXtLm1mP-JSgAU44d-AGTNxELmagYxMSMo6N_BFJ-yQaGGXeXVtRw0-K3LalXyg";
/// For `orders`, by `ec-1`.
pub(crate) const ES256: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoib3JkZXJzIiwic3ViIjoidS0xIiwic2NvcGUiOiJvcmRlcnMucmVhZCIsImV4cCI6NDEwMjQ0NDgwMH0.8-JjACmUYUOEqlMLMcAxsP5RKtkI_oN1gL3vCCzHPtEGGX6a4dW6io1WCCZr5E6Y-mH3-sAkjncllM74NFcQZw";
/// The bundle of `example.org`: `svid-1`, and the same key as `x509-svid`, `wit-svid` and without a use.
pub(crate) const BUNDLE: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"QHXz4l0z3M2LgQZl2oZld9S8AEjSFwDioEb4NMacZdA","y":"93tbTS8aDmECH3GSEuM43Fu6zgZqZgBLkhO1gz3QUJI","kid":"svid-1","use":"jwt-svid"},{"kty":"EC","crv":"P-256","x":"ACsDvHEoqQrN1aK_PSw-hC13eXUwp7pN9sZdM59I8oA","y":"XvnQpeBYwSub-l0addaVmP72L1iVXSKTYDrpZCYYAoc","kid":"wit-1","use":"wit-svid"},{"kty":"EC","crv":"P-256","x":"ACsDvHEoqQrN1aK_PSw-hC13eXUwp7pN9sZdM59I8oA","y":"XvnQpeBYwSub-l0addaVmP72L1iVXSKTYDrpZCYYAoc","kid":"free-1"},{"kty":"EC","crv":"P-256","x":"ACsDvHEoqQrN1aK_PSw-hC13eXUwp7pN9sZdM59I8oA","y":"XvnQpeBYwSub-l0addaVmP72L1iVXSKTYDrpZCYYAoc","use":"jwt-svid"}],"spiffe_sequence":7}"#;
/// The bundle of `partner.example`, with a key of its own of the same `kid`.
pub(crate) const PARTNER_BUNDLE: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"ACsDvHEoqQrN1aK_PSw-hC13eXUwp7pN9sZdM59I8oA","y":"XvnQpeBYwSub-l0addaVmP72L1iVXSKTYDrpZCYYAoc","kid":"svid-1","use":"jwt-svid"}]}"#;
/// The JWT-SVID of `checkout`, for `orders`.
pub(crate) const SVID: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0.J5VW2O0IlcmFA1h_sHz6r9Wgml3IdPqPUL9akETkXtYE5w3ZPI6yrirHiDJ-7cxjbZyH9FAojVEIgSNm2jYOhQ";
/// With `typ: JOSE`.
pub(crate) const SVID_JOSE: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpPU0UifQ.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0.0yL5YDRSXdHzEIGFTX0pRWfo5457i5LT32twOUiZZirreysPhh_WcTH_ICfS_1ZDzY4Rh5LQ0API-0OtahCvWA";
/// Without `typ`.
pub(crate) const SVID_NO_TYP: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0.Q-YYfUAVfVI7543YLjcdX6CZAoBs_6o_wxJcRkiarWt27q-2gESaC0mWOKcr4Mt9YpL9ShirkTfZnsHJ5BcNXA";
/// With `typ: at+jwt`.
pub(crate) const SVID_AT_JWT: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0.Yyn1HPgN1fl0po3mlRxWXiXXGZoAmnAXCM4nAZ7ixeJlYHt-Jg6Jm_sDARPHZl0ARjp9HrOCvRyRsCENG2nD4A";
/// Without `kid`.
pub(crate) const SVID_NO_KID: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0.gILV6QKmxddD1TJjlaiKsWDrgkTuS7_y_x9JH84JU-LTQqIIJFUBnskO1WmWt6WGgjI_sb8rj_hlP8vQkk8z5Q";
/// With one more header member.
pub(crate) const SVID_EXTRA: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCIsIng1dCI6IkFBQUEifQ.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0.i7bARJuMMNme0WSGEDjdmH3pxhqyWg3ui78XQ3j6mJKUaYHgCFPm4GFm06dPN0FTFnfjbLn3K8YSGHahv24LFw";
/// `sub` is the trust domain itself.
pub(crate) const SVID_ROOT: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZyIsImF1ZCI6WyJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL29yZGVycyJdLCJleHAiOjQxMDI0NDQ4MDB9.jfGJ5jyCDVZ497x_FTHWpnzxW8VvYzBmAyMQiiD1i0ge7dpEqE-R-NMpd252QgKYLAq6wzzMGvKW13liEaXxGw";
/// Without `aud`.
pub(crate) const SVID_NO_AUD: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiZXhwIjo0MTAyNDQ0ODAwfQ.72mgeYCnOBRY5Cj89QZytVIc5WDLZmNLNyYWpQ8eL2Mxy8vVJN3bjLgks8p2T0OWMRQA0gw-wHSWUAX2d7yc1w";
/// `aud` is an empty list.
pub(crate) const SVID_EMPTY_AUD: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbXSwiZXhwIjo0MTAyNDQ0ODAwfQ.eusFFZpv-aI0H0nPVAO-FIZkfC_O_W8e2G8UktP6t5V3kgjjL_KTKWYoo3cPM-53SjjsiDdGITn1jKUkOJ0dpw";
/// Without `exp`.
pub(crate) const SVID_NO_EXP: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl19.8QuMRdJLlRQ4CpR1jqxs_xKOsmlm0ow3E4UHuceZQGQiuMe_cD3h-geO394x00Cnk9yp8ViVZzNpkNoBI2IBpA";
/// Without `sub`.
pub(crate) const SVID_NO_SUB: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJhdWQiOlsic3BpZmZlOi8vZXhhbXBsZS5vcmcvbnMvcHJvZC9zYS9vcmRlcnMiXSwiZXhwIjo0MTAyNDQ0ODAwfQ.y5PKapX6IunY7gb57ktxByMOXMXjiB9S0A-YBiXyF__V21ERAPlu4QtqT3-15Xpvm7G_AirnE7yFq_qCw6ICpA";
/// `sub` is of a trust domain that nobody knows.
pub(crate) const SVID_STRANGER: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9ldmlsLmV4YW1wbGUvYSIsImF1ZCI6WyJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL29yZGVycyJdLCJleHAiOjQxMDI0NDQ4MDB9.Sa5GmXhUjotXXtihx_U0JKNqqD9TWf5QTwcUYGnD_6apHQ1Eb4kix8AuA1yV9IyDvAVoHcv8AeLZPWWeIBV0ag";
/// `sub` is of `partner.example`, the signature by the key of `example.org`.
pub(crate) const SVID_FOREIGN: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9wYXJ0bmVyLmV4YW1wbGUvc2hvcCIsImF1ZCI6WyJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL29yZGVycyJdLCJleHAiOjQxMDI0NDQ4MDB9.OWpceV9XtHuQulhfzHqhmWM7ujJ4paJAzTmp8OBUObcyF8KSC4SY2rIe7bvtAAvv7AutISnwIYo516YMlh0EbQ";
/// The JWT-SVID of `partner.example`, by its own key.
pub(crate) const SVID_PARTNER: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6InN2aWQtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9wYXJ0bmVyLmV4YW1wbGUvc2hvcCIsImF1ZCI6WyJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL29yZGVycyJdLCJleHAiOjQxMDI0NDQ4MDB9.F1pjWQlny-Yy_uQBISI38OKmVZiWD77HWx-0PoVEY9RwOXOuazPV7bnWekz6OZMA7fcfN_Bl3xT-qnkSMicrXw";
/// By a key for another use.
pub(crate) const SVID_WIT: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IndpdC0xIiwidHlwIjoiSldUIn0.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0._FfdSs4zivcl7nM0uNbP3jAtVbRwcWUU2VJhv615J6JexFhdrBTm5hPwj4GYu1EGHYnIqtjvTgrVwaiQVjPfKg";
/// By a key without a use.
pub(crate) const SVID_FREE: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImZyZWUtMSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9ucy9wcm9kL3NhL2NoZWNrb3V0IiwiYXVkIjpbInNwaWZmZTovL2V4YW1wbGUub3JnL25zL3Byb2Qvc2Evb3JkZXJzIl0sImV4cCI6NDEwMjQ0NDgwMH0.AQNjTrl4czpAn44fCI6ziZhvbir3Eu5LEj17X9ECADYQuXY1P7kmMjsGKmuLS8HsrtrHYoyX8WA_vsE8Utv86Q";
