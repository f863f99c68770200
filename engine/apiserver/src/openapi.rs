//! `/openapi/v2` and `/openapi/v3`: come with their issue; until then there is nothing, as on a server that was built
//! without them.

use api::http::{Request, Response};

/// Answers a path below `/openapi/`; `None` when there is nothing.
pub(crate) fn answer(_request: &Request) -> Option<Response> {
    None
}
