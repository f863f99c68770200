//! The order of list items after a strategic merge: items of the patch in the patch's order, items that only the
//! server has in the server's order, interleaved as the server had them where that is possible.

use crate::Value;

/// What tells an item apart: its merge key's value, or itself.
pub(super) fn identity<'a>(item: &'a Value, key: Option<&str>) -> Option<&'a Value> {
    match key {
        Some(key) => item.get(key),
        None => Some(item),
    }
}

pub(super) fn position(list: &[Value], id: Option<&Value>, key: Option<&str>) -> Option<usize> {
    let id = id?;
    list.iter().position(|item| identity(item, key) == Some(id))
}

/// Orders `merged`: items that are in `patch_order` first among themselves in its order.
pub(super) fn arrange(
    merged: Vec<Value>,
    patch_order: &[Value],
    server_order: &[Value],
    key: Option<&str>,
) -> Vec<Value> {
    let place = |list: &[Value], item: &Value| position(list, identity(item, key), key);
    let (mut patched, mut server_only): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| place(patch_order, item).is_some());
    patched.sort_by_key(|item| place(patch_order, item));
    server_only.sort_by_key(|item| place(server_order, item));
    // Each server-only item goes before the first patched item (from the last insertion on) that the server has later.
    let mut result: Vec<Value> = Vec::with_capacity(patched.len() + server_only.len());
    let mut patched = patched.into_iter().peekable();
    for item in server_only {
        let here = place(server_order, &item);
        while let Some(next) = patched.peek() {
            let there = place(server_order, next);
            if there.is_some() && here.is_some() && there > here {
                break;
            }
            result.extend(patched.next());
        }
        result.push(item);
    }
    result.extend(patched);
    result
}
