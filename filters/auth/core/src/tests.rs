//! What the filter decides and does, request by request.
