//! ResourceQuota: the namespace's quotas. Comes with the issue on quotas; until then none is enforced.

use api::{Str, Value};

use super::Attributes;
use crate::ApiServer;
use crate::failure::Result;
use crate::operation::Operation;

pub(super) fn admit(_: &ApiServer, _: &Operation, _: &mut Value, _: &Attributes<'_>) -> Result<Option<Str>> {
    Ok(None)
}
