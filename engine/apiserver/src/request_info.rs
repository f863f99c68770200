//! What a path and a method ask for.

use api::Str;
use api::http::{Method, Request};

use crate::failure::{Failure, Result};
use crate::registry::{ResourceId, Resources};

/// What is asked for, as RBAC and the audit log name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Verb {
    /// One object.
    Get,
    /// A collection.
    List,
    /// A collection or object, as a stream.
    Watch,
    /// A new object, or a subresource's POST.
    Create,
    /// A whole new state.
    Update,
    /// A part of a new state.
    Patch,
    /// One object's end.
    Delete,
    /// A collection's end.
    DeleteCollection,
}

impl Verb {
    /// The name: `get`, `deletecollection`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
        }
    }
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Route {
    /// To an object or a collection.
    Resource { verb: Verb, resource: ResourceId, namespace: Str, name: Str, subresource: Str },
    /// To one of the other paths: discovery, health, version.
    Other,
}

/// Finds out where a request goes.
///
/// # Errors
///
/// 404 when no such resource is served, 405 when the resource does not have the verb.
pub(crate) fn route(request: &Request, resources: &Resources) -> Result<Route> {
    let mut parts = request.path.split('/').filter(|part| !part.is_empty());
    let (group, version) = match parts.next() {
        Some("api") => ("", parts.next()),
        Some("apis") => (parts.next().unwrap_or(""), parts.next()),
        _ => return Ok(Route::Other),
    };
    let Some(version) = version else { return Ok(Route::Other) };
    let rest: Vec<&str> = parts.collect();
    if rest.is_empty() {
        return Ok(Route::Other);
    }
    let (namespace, rest) = match rest.as_slice() {
        // The namespace itself, or its own subresources.
        ["namespaces"] | ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => {
            ("", rest.as_slice())
        }
        ["namespaces", namespace, rest @ ..] => (*namespace, rest),
        all => ("", all),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (*plural, "", String::new()),
        [plural, name] => (*plural, *name, String::new()),
        [plural, name, subresource @ ..] => (*plural, *name, subresource.join("/")),
        [] => return Err(Failure::no_such_path()),
    };
    let resource = resources.find(group, version, plural).ok_or_else(Failure::no_such_path)?;
    let info = resources.get(resource);
    if !namespace.is_empty() && !info.namespaced {
        return Err(Failure::no_such_path());
    }
    // `proxy/any/path` is a proxy's path; everything else has one part.
    let first = subresource.split('/').next().unwrap_or("");
    let verbs = if first.is_empty() {
        &info.verbs
    } else {
        &info.subresource(first).ok_or_else(Failure::no_such_path)?.verbs
    };
    let on_object = !name.is_empty();
    // Nothing is created or deleted in all namespaces at once.
    let somewhere = !info.namespaced || !namespace.is_empty();
    if on_object && info.namespaced && namespace.is_empty() {
        return Err(Failure::no_such_path());
    }
    let verb = match request.method {
        Method::Get | Method::Head if request.is_watch() => Verb::Watch,
        Method::Get | Method::Head if on_object => Verb::Get,
        Method::Get | Method::Head => Verb::List,
        Method::Post if somewhere && on_object != subresource.is_empty() => Verb::Create,
        Method::Put if on_object => Verb::Update,
        Method::Patch if on_object => Verb::Patch,
        Method::Delete if on_object && subresource.is_empty() => Verb::Delete,
        Method::Delete if somewhere && !on_object => Verb::DeleteCollection,
        _ => return Err(Failure::no_such_verb()),
    };
    if !verbs.iter().any(|known| known == verb.as_str()) {
        return Err(Failure::no_such_verb());
    }
    Ok(Route::Resource {
        verb,
        resource,
        namespace: namespace.into(),
        name: name.into(),
        subresource: subresource.into(),
    })
}

/// What a request to a resource that is not served would do, by its path alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unknown<'a> {
    pub verb: &'static str,
    pub group: &'a str,
    pub resource: &'a str,
    pub subresource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

/// Reads a path as Kubernetes' `RequestInfo` does, whether or not there is such a resource. `None` for paths that are no
/// resource's.
pub(crate) fn unknown(request: &Request) -> Option<Unknown<'_>> {
    let parts: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).collect();
    let (group, rest) = match parts.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace] => (*namespace, rest),
        ["namespaces", namespace, "status" | "finalize"] => (*namespace, rest),
        ["namespaces", namespace, rest @ ..] => (*namespace, rest),
        all => ("", all),
    };
    let (resource, name, subresource) = match rest {
        [resource] => (*resource, "", ""),
        [resource, name] => (*resource, *name, ""),
        [resource, name, subresource, ..] => (*resource, *name, *subresource),
        [] => return None,
    };
    let verb = match request.method {
        Method::Get | Method::Head if request.is_watch() => "watch",
        Method::Get | Method::Head if name.is_empty() => "list",
        Method::Get | Method::Head => "get",
        Method::Post => "create",
        Method::Put => "update",
        Method::Patch => "patch",
        Method::Delete if name.is_empty() => "deletecollection",
        Method::Delete => "delete",
        Method::Options => "",
    };
    Some(Unknown { verb, group, resource, subresource, namespace, name })
}

/// The verb of a request to a path that is no resource's: the method in small letters.
pub(crate) fn path_verb(request: &Request) -> &'static str {
    match request.method {
        Method::Get => "get",
        Method::Head => "head",
        Method::Post => "post",
        Method::Put => "put",
        Method::Patch => "patch",
        Method::Delete => "delete",
        Method::Options => "options",
    }
}
