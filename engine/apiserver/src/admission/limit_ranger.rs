//! LimitRanger: defaults and bounds of containers' resources from the namespace's LimitRanges. Comes with the issue on
//! quotas; until then a namespace with a LimitRange is treated as one without.

use api::{Str, Value};

use super::Attributes;
use crate::ApiServer;
use crate::failure::Result;
use crate::operation::Operation;

pub(super) fn admit(_: &ApiServer, _: &Operation, _: &mut Value, _: &Attributes<'_>) -> Result<Option<Str>> {
    Ok(None)
}
