//! What tests need of Envoy. A version that lacks it skips them, with the reason; `make e2e-matrix` writes that down.

use e2e::suite::{Envoys, Need};

/// In `auth`, and wherever a peer's certificate is believed.
const CERTIFICATES: &str =
    "older ones do not say whether a client certificate was validated, so none is believed";
const OVER_QUIC: &str = "older ones do not take a listener that asks for client certificates over QUIC";
const BREAKS: &str =
    "1.36 ends an HTTP/2 stream without an error when the upstream breaks off, so a client cannot tell";
const SPANS: &str = "older ones know no span attribute made of filter state";

const fn from(test: &'static str, least: &'static str, reason: &'static str) -> Need {
    Need { test, envoy: Envoys::From(least), reason }
}

pub(crate) const NEEDS: &[Need] = &[
    from("auth::binding::a_bound_token_works_with_its_certificate_only", "1.39", CERTIFICATES),
    from("auth::binding::what_the_rule_wants", "1.39", CERTIFICATES),
    from("auth::chain::canary_matches_peers", "1.39", CERTIFICATES),
    from("auth::examples::every_field_at_once_works", "1.39", CERTIFICATES),
    from("auth::examples::the_shipped_files_serve_as_they_stand", "1.39", CERTIFICATES),
    from("auth::handshake::a_certificate_runs_out_on_an_open_connection", "1.39", CERTIFICATES),
    from("auth::handshake::resumed_sessions_get_the_same_verdict_or_a_stricter_one", "1.39", CERTIFICATES),
    from("auth::handshake::trust_domains_bound_to_authorities", "1.39", CERTIFICATES),
    from("auth::http3::http3_is_decided_like_http2", "1.40", OVER_QUIC),
    from("auth::http3::no_request_comes_early", "1.40", OVER_QUIC),
    from("auth::mesh::only_a_validated_svid_counts", "1.39", CERTIFICATES),
    from("auth::mesh::patterns_match_by_segments", "1.39", CERTIFICATES),
    from("auth::rotation::workloads_and_bundles_change_under_load", "1.39", CERTIFICATES),
    from("auth::xfcc::a_peer_of_the_policy_may_speak_for_others", "1.39", CERTIFICATES),
    from("auth::xfcc::the_header_of_others_is_not_believed", "1.39", CERTIFICATES),
    from("explain::peers_are_told_by_their_certificates", "1.39", CERTIFICATES),
    from("inherit::an_authenticated_peer_of_the_policy_is_believed", "1.39", CERTIFICATES),
    from("ratelimit::claims::a_peer_is_a_key", "1.39", CERTIFICATES),
    Need {
        test: "auth::older::no_certificate_is_believed",
        envoy: Envoys::Before("1.39"),
        reason: "this is about what older ones do not say",
    },
    from("held::a_place_is_given_back_whatever_ends_the_stream", "1.37", BREAKS),
    from("ratelimit::in_flight::a_place_is_given_back_when_one_side_breaks_off", "1.37", BREAKS),
    from("observability::trace::a_span_says_what_was_decided", "1.37", SPANS),
];
