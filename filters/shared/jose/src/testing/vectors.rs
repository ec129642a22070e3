//! One token of each algorithm with its key, minted with Python's `cryptography` 48 (OpenSSL 3) and `hmac`; the private keys
//! are gone. All say the same: issuer `https://issuer.example`, audience `orders`, issued at 1 700 000 000, expires at
//! 1 900 000 000, `typ` is `at+jwt`, `kid` is the vector's name.

pub(crate) struct Vector {
    pub(crate) name: &'static str,
    pub(crate) jwk: &'static str,
    pub(crate) token: &'static str,
}

pub(crate) const VECTORS: [Vector; 14] = [
    Vector {
        name: "RS256-2048",
        jwk: r#"{"kty": "RSA", "n": "y9rBb_IsbCjKxqvoGuSaayS8zaezlnBaufYPjYYQbD6hH0aiFYaJtIDqANk-tsD2g8PA3oYn2VPyXmIMzG6BJQUdXPVkYcRLMK9fBye6UHfUdh1X_ZtbU1MY3QHq3kfuhynyyM3jSEQzYdNWDFdWXWfchPacR4_-eYOftLt4wpVu1KqObS3Yx5tJpBzaS3pqk26TYDgIxEzmojBL6zUNkSaseu5nOgA2bjDEAhwlkYrG1tROrza4B8XLkJXZyETzK68xtKZaTXpVQM1EX10DH5wUtfZlxPA2U066UZaUwNI4o-BOPLd7kseCbyQgMU-E5Hz7poaOmh9hsNAnZhVCZQ", "e": "AQAB", "kid": "RS256-2048"}"#,
        token: "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlJTMjU2LTIwNDgifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.YGcPXSDzlLjE3YYhdxJsAxeElrB4XkmdUrLHYCnSXPmNluR8WZK45oyBmVw0Fmkf2ky1Wq6OPuGWg1mJ_TlmiyEZ6LBGO_ucbFaVUPXpUfsBOT20nMG3Iave3pMZHmAi6AcHd9RrtPjBiM8lVDmUN1ZCvEF-JNH7iP3vhCbm2be2wZ14vCT2yyKA2C9h_GNch1HpKzb8qwnqRyBJVCQ0aOzVyH935_OwfaLxtTsox1OtoMDhepOIq67WN5781Cwm3SDEvns6XdqKVY1jsvI920YQfr0R0v3wuF4AfQvGW9PMMPg03iPouKo7-wjuNjmt_RwvTTrh3UF4Ft89r18jAw",
    },
    Vector {
        name: "RS384-2048",
        jwk: r#"{"kty": "RSA", "n": "y9rBb_IsbCjKxqvoGuSaayS8zaezlnBaufYPjYYQbD6hH0aiFYaJtIDqANk-tsD2g8PA3oYn2VPyXmIMzG6BJQUdXPVkYcRLMK9fBye6UHfUdh1X_ZtbU1MY3QHq3kfuhynyyM3jSEQzYdNWDFdWXWfchPacR4_-eYOftLt4wpVu1KqObS3Yx5tJpBzaS3pqk26TYDgIxEzmojBL6zUNkSaseu5nOgA2bjDEAhwlkYrG1tROrza4B8XLkJXZyETzK68xtKZaTXpVQM1EX10DH5wUtfZlxPA2U066UZaUwNI4o-BOPLd7kseCbyQgMU-E5Hz7poaOmh9hsNAnZhVCZQ", "e": "AQAB", "kid": "RS384-2048"}"#,
        token: "eyJhbGciOiJSUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlJTMzg0LTIwNDgifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.LNvVdzKO-0k5fml5q3j-mUs072XbJs0AURW6NSA3Df3O6l2h6otbP3VGOXwQfj2mBfruZe5nU-L3TfMo_cVNUz0_yzJmJJBtJmI0xSop4YCwNh0CZicAoZEpcIzx3YYGe7Cu3V3k0vx9-9uRFaF91ZQlxOMdlQTPqPR5sWjh_mdAZDAqE3wPbJiisYrw5AXtUcf1Byl7qaYua_XKxmpVxHvvisXqMjwCbgM_jFkFQ_QTn53Zxq_Ol6XltyySp8zA-wYCUYFDXpdXqsNTpzfdRjq4L3xowIv4qD4ydCYzQX1wLdeMj3TT_Esq2ymEyOZxMb9rL8uKqcueBnOF6MPePQ",
    },
    Vector {
        name: "RS512-2048",
        jwk: r#"{"kty": "RSA", "n": "y9rBb_IsbCjKxqvoGuSaayS8zaezlnBaufYPjYYQbD6hH0aiFYaJtIDqANk-tsD2g8PA3oYn2VPyXmIMzG6BJQUdXPVkYcRLMK9fBye6UHfUdh1X_ZtbU1MY3QHq3kfuhynyyM3jSEQzYdNWDFdWXWfchPacR4_-eYOftLt4wpVu1KqObS3Yx5tJpBzaS3pqk26TYDgIxEzmojBL6zUNkSaseu5nOgA2bjDEAhwlkYrG1tROrza4B8XLkJXZyETzK68xtKZaTXpVQM1EX10DH5wUtfZlxPA2U066UZaUwNI4o-BOPLd7kseCbyQgMU-E5Hz7poaOmh9hsNAnZhVCZQ", "e": "AQAB", "kid": "RS512-2048"}"#,
        token: "eyJhbGciOiJSUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlJTNTEyLTIwNDgifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.lS7ZurwVplRq2aQio1ObWGcfggitBXAVhfVT-QeMpHCp1ln5QZcJRh2rDjj_20gGvUr9_AkQmqxuUFaNNb5AbcHShMkm8W75PagHJAuxu7_O0rOsLHvK9_G1r_sljnD802rmaGOl4yBOtF_d8AVYVylO5PF6LQXgx078o1N7-XNva-4DWOb1wuHOx57p_dSn5RfSsQyajEtg9LxziP-vdXj142L14zNpuSnlHTtXVfp4MitfuZ-ZPU4YBq-zrnf9rdqY8Iqr1S7TgV5LoIkCgYUmCZEok4piyonjpq-4DA6shNG96RTmpEGVYfNH8cjKbPqocuRHVK3QS9sCwl87oQ",
    },
    Vector {
        name: "RS256-4096",
        jwk: r#"{"kty": "RSA", "n": "wmiwIT9q_sCWySAoM0bcYi2-93S52wmxioHC1NvEAw8RzR6BGfJtPXHEksMHColKOhGPN7a8aW-5M3qjRltfrBv_ddyDWSncS8eaFxpawtN6-pF6OX6l4a0THBLdaCQfYH6QgtyFsYh50B-jUMJv7oteS8PVCYCrsLijK5c2cdsxpu9QEY9RFnbJXr6fuh2oNKBy2nKixmIUYV1fnh_mHVSkFx2P0jdv4-PWaYJgZMxKhl9X0PtDWk2oZ9tOEj0pYlu7ZPkmsOjlPt8imXJo5j30_UsQaVYpAJVFBH5tAru7rABXuWazxpKflyvi-rpek5sh2TSb2Dzd5N-WEmMySvYNapTb1UcWD8C49FBau8ZPkzyRYIrzSvnt_7JvM2hYvr5ILmq0q67Fx7H9b5f416WK3h8cJv-flMy8l7VYoAmAZ5CVxfbjFyhl0aUFyLi9veqMgUQG36A433mAlmxJQIakylZO1w72ld-guJTYuwZg26w2YiSxoDxkUiWb7w5lyR8KqnNMYFzQi0rUxQMohIF0U-A6T-PfsMUdMK2Ji-k1DHuHsSqAuFGrAaEL15-ExH7SqWmDe04bCb1jsnRpru4TjN6F61WB0pux2iU50PdEe_hhNq9sixqHb7aDl-BDsun-l9aNSj_sJ49Lm6yqHkik2uIDUfeUpsMjW_WeEzk", "e": "AQAB", "kid": "RS256-4096"}"#,
        token: "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlJTMjU2LTQwOTYifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.OM-Nc_YYkalQBSa0THun34OMiZtj9caeYVPGSB8xzlzScfW_zbqjMn9aK8omj2sjIoV7l0v1rgbH3UdJT2KrWOL4BZgPzL_MnIKV_ssiz6EjjTRWUI8YSan0NJfid9Ux6Itwmji83PEIH15fEWqXOuGd0ZLNjzq5eIQpd6zhFWBsOJwKsSLA4DdhV1s87kdUT8eVolLM8OhV2X9EanXJ3BghzD8EfplZgLFk4NF4VvYgnyCW2kiJQYic2LD9lAgZsVoGCufxCn0rf5M1MncuY9N1ZoYGv-9DzKjPNJRHgaej8Qi6n5yVv3-sMEvZIAbxehg5hvjmWsof2MPR3XzdP5hmUEu8VBgOwjkpnduvim0vOPhgSlbXhuQ79N5L_NSEau3tfHYi2QrFbDdlV_NlNMxmK5uX00XsXEsrXOopKDMV0I-W-TQlxPQAYrSj4S6f6UEGisITC5Yw6bTA2SQW281Yf_kiE0z0VHKfnf5peVFkmelaNk1Y7T57mjFnjdTRA6cd3t_2hkdKysw2uU4zbaITEU41ExS8ighr7JlDA3GQW9gbJGE4PDN_quoFtg2IeBsTDiIZbsruwKhr9ITqLQfoe2Ui_7ivsQEB5hpEg0VIvSeQ3UtHaUSiLrmu6_gcSe5hyKgbM55SRUSJ9HFaXU9sv8KsE2Cq6POxbU8Z5Bw",
    },
    Vector {
        name: "PS256-2048",
        jwk: r#"{"kty": "RSA", "n": "y9rBb_IsbCjKxqvoGuSaayS8zaezlnBaufYPjYYQbD6hH0aiFYaJtIDqANk-tsD2g8PA3oYn2VPyXmIMzG6BJQUdXPVkYcRLMK9fBye6UHfUdh1X_ZtbU1MY3QHq3kfuhynyyM3jSEQzYdNWDFdWXWfchPacR4_-eYOftLt4wpVu1KqObS3Yx5tJpBzaS3pqk26TYDgIxEzmojBL6zUNkSaseu5nOgA2bjDEAhwlkYrG1tROrza4B8XLkJXZyETzK68xtKZaTXpVQM1EX10DH5wUtfZlxPA2U066UZaUwNI4o-BOPLd7kseCbyQgMU-E5Hz7poaOmh9hsNAnZhVCZQ", "e": "AQAB", "kid": "PS256-2048"}"#,
        token: "eyJhbGciOiJQUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlBTMjU2LTIwNDgifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.hIny6zJBSYJU0WniayJ_2T4c6lORoWLb7dcE23jN7oXwDR8Q6jzHkutW8qwGPIbLvWZOznYR4fwOIHFqUNVRoaudTdRLjoNwhcALc04fCQCxTdBauyTOh3s6m2DpisL6nJIOaLc3Aq3ZzFgs6BooUuuxiPC6mPA1vSEd2WQHDLs-zUelUqdIVddXnupbTDSY2Wx_VFFCSOUTyxrLyDc4fJu549H2eS55KaHLZWeKAndtG_hPOcd7k1U6d9ZMUaZJ_zu89E7BPfKYpkaTShxyS9oEgOnuwYK-5M1S6WUmR31jY2MRJlDwhRpL2ahTAsrwwAdBeg5Bq_MGpABfeaRSSg",
    },
    Vector {
        name: "PS384-2048",
        jwk: r#"{"kty": "RSA", "n": "y9rBb_IsbCjKxqvoGuSaayS8zaezlnBaufYPjYYQbD6hH0aiFYaJtIDqANk-tsD2g8PA3oYn2VPyXmIMzG6BJQUdXPVkYcRLMK9fBye6UHfUdh1X_ZtbU1MY3QHq3kfuhynyyM3jSEQzYdNWDFdWXWfchPacR4_-eYOftLt4wpVu1KqObS3Yx5tJpBzaS3pqk26TYDgIxEzmojBL6zUNkSaseu5nOgA2bjDEAhwlkYrG1tROrza4B8XLkJXZyETzK68xtKZaTXpVQM1EX10DH5wUtfZlxPA2U066UZaUwNI4o-BOPLd7kseCbyQgMU-E5Hz7poaOmh9hsNAnZhVCZQ", "e": "AQAB", "kid": "PS384-2048"}"#,
        token: "eyJhbGciOiJQUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlBTMzg0LTIwNDgifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.Z08zJ-RMiRXgO59gPVwXkpdYC7qsogz3nQiLEVeLe4HntD_C1p44C1arOAWvNMT5ZzC7OgIxMymIHBfRd7BG4nnMLJ5CiGKbQcMmVU8m9mMubXhrjYwmXbTbQGGdfnCrTKa8xfRF9B49XjKNPPm6QcNMFDIrfOpnn0ZocqGNqn-BJktL1jFOmvuqnniFmeb99Hjl7dksKkrRdQ01Vfc9MeDSE5xDvl5NPu1-fnohvSYaEMvBdYcCH58nTb0XKbNPjptyzxtfofyjHi7XnJ_e8_w7_Walb8wNGkZxfRS3Y7CweXazfjJkZj3eLxfxoazyIw9ZEUbK9J7FM_dQYmuXhg",
    },
    Vector {
        name: "PS512-2048",
        jwk: r#"{"kty": "RSA", "n": "y9rBb_IsbCjKxqvoGuSaayS8zaezlnBaufYPjYYQbD6hH0aiFYaJtIDqANk-tsD2g8PA3oYn2VPyXmIMzG6BJQUdXPVkYcRLMK9fBye6UHfUdh1X_ZtbU1MY3QHq3kfuhynyyM3jSEQzYdNWDFdWXWfchPacR4_-eYOftLt4wpVu1KqObS3Yx5tJpBzaS3pqk26TYDgIxEzmojBL6zUNkSaseu5nOgA2bjDEAhwlkYrG1tROrza4B8XLkJXZyETzK68xtKZaTXpVQM1EX10DH5wUtfZlxPA2U066UZaUwNI4o-BOPLd7kseCbyQgMU-E5Hz7poaOmh9hsNAnZhVCZQ", "e": "AQAB", "kid": "PS512-2048"}"#,
        token: "eyJhbGciOiJQUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlBTNTEyLTIwNDgifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.xUcaodrSiy1sTll7nsAThmxf1Kijmi3934HEEXUxi97FYgZ0Su4kdbem9faCSAdLkMx4beFhKuKFAGAtWq-SeB-ncA8hoMDMKzz5EWnUE5s1bfdZesxPD2Aab6tWXw249R7vG75H7TsRPyitHuYjVLf_K4gOU9mxFgJTZ4dK08PZ-L50OG_dMSwlNwxGRquAzgvfuKix33JH9Y5kwcYxydoYj2fM9efYSjHhqep6luLcJNjFcSpuIWc23K_6QAN_V6H_r7RjUkbrQFFn9ACApAj-DALfpjVBrVycexk-Qt1GH0bZRYNCwoSYasZJjdLyFK45ozdbCjgowfrT4vtl0g",
    },
    Vector {
        name: "ES256",
        jwk: r#"{"kty": "EC", "crv": "P-256", "x": "P2qC6gD0xVU2mAHOCaF1BBdgZWvCNJj6uQT7NiLr_cI", "y": "-A835hyesT1Jl7AdL3Wth2qQNVuzqrpeC5-bhayO9oQ", "kid": "ES256"}"#,
        token: "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkVTMjU2In0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.m9dMf0ewlZxzEEcLBKRS49gCzmUKxfTlO5JVVmvrnwiwhSKgnskS51wk2RFgfjTM43hELpwoeajczHUouzQPxQ",
    },
    Vector {
        name: "ES384",
        jwk: r#"{"kty": "EC", "crv": "P-384", "x": "PXSBIWGC3zUx6PtDwq5lsaLsMdhr48Nft5GrQkoJOQQrJgcRpnDqQFJarWjIxZvg", "y": "MMUIusPCuOvCn94JfFt_jpTrZ41B81r_YhxXUWMi6pUecLRREwQGJfQTX-k9H__l", "kid": "ES384"}"#,
        token: "eyJhbGciOiJFUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkVTMzg0In0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.SOUbhaKCUCdNyvonZVBB8K_N5jMhqQi9gYDXHWmFUTm4zHrWIQFyOy6y9OHns1kwFtMkrqczd5Wa2cKkiSJPxjsvjAFpVOTPevL6ywOQ1ohoNWaRGD3_JbLLCTeORo8u",
    },
    Vector {
        name: "ES512",
        jwk: r#"{"kty": "EC", "crv": "P-521", "x": "AXRY_CYu1RyJ7QeEhjqxhbmNRKAS4_VI1JPKpW2BR_3kFcADUzD1adfsFNqpojrfLQwD2x_BIM94nwIg5xMg6Gc6", "y": "ATuTnJf0k0rx0AoXyidmf-NBWgNYYNqBqDhIUPIxWxo_ZYjFa8VCBEkWm4CQRnc4DVpe50jVRzazu-zHJL4uwMBA", "kid": "ES512"}"#,
        token: "eyJhbGciOiJFUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkVTNTEyIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.AFXphWJqK0L1HQWJoVafZMzbizNyv-aGR6_5t1UAlKK-dqBIm7YEni2zJWLPSEqGpR2LuVSLbuTGbpKqkDkPjb8OAdUvDP94j7oZRen6KyyHel8tjLfwJlMrtnGI78bMleIL8jN_byfCGblwdSZadZeOotFmbcp9WBE4i1pMrudhhrHb",
    },
    Vector {
        name: "EdDSA",
        jwk: r#"{"kty": "OKP", "crv": "Ed25519", "x": "L7slKFt42uh51jERhscyiDDzkTo73lcaQDlQJwIM8bE", "kid": "EdDSA"}"#,
        token: "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkVkRFNBIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.kZGf_KIoFGWG4dxp_IKfJMPz_UAFLM6qzxVEKx91Q877xdXXuQKieFxOz_4cu5uj_FOVg9ziSdF8oDLebkQtDw",
    },
    Vector {
        name: "HS256",
        jwk: r#"{"kty": "oct", "k": "zyl5oJ3jtFsihaA_l64AEph6QksfxgWMy5OpM2nRzVcvN_ulNzhLEEkcdLkTG1zaqCGXgm4BYCoCR1FiIB4eHQ", "kid": "HS256"}"#,
        token: "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkhTMjU2In0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.dVTlzJUwRDzxzGilOB9nS75qmmKfqEORHP7nqifn9D4",
    },
    Vector {
        name: "HS384",
        jwk: r#"{"kty": "oct", "k": "zyl5oJ3jtFsihaA_l64AEph6QksfxgWMy5OpM2nRzVcvN_ulNzhLEEkcdLkTG1zaqCGXgm4BYCoCR1FiIB4eHQ", "kid": "HS384"}"#,
        token: "eyJhbGciOiJIUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkhTMzg0In0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.jJl91H0DYMOqSEcRGYT5L-aQWI-k95U5n_RyxS7eWKMB0lctpflPEn4mMJCk3DA8",
    },
    Vector {
        name: "HS512",
        jwk: r#"{"kty": "oct", "k": "zyl5oJ3jtFsihaA_l64AEph6QksfxgWMy5OpM2nRzVcvN_ulNzhLEEkcdLkTG1zaqCGXgm4BYCoCR1FiIB4eHQ", "kid": "HS512"}"#,
        token: "eyJhbGciOiJIUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkhTNTEyIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci00NzExIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxOTAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsIm5iZiI6MTcwMDAwMDAwMCwianRpIjoiN2IwZjdjMWUtM2E3ZS00ZjBlLTlkNmMtMGExYjJjM2Q0ZTVmIiwic2NvcGUiOiJvcmRlcnMucmVhZCBvcmRlcnMud3JpdGUiLCJ0ZW5hbnQiOiJhY21lIiwicmVhbG1fYWNjZXNzIjp7InJvbGVzIjpbImFkbWluIiwicmVhZGVyIl19fQ.WONZGv_x67WWPsUXthcMMR095mZFxT4ZQ7heQUgD89_K5InkVFPixE1PaVVM7_-2qMnyLQGTTkor4sVL4wYOyQ",
    },
];
