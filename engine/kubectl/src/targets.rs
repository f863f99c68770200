//! Which objects a command is about: `pods`, `pod web`, `deploy/web svc/web`, `-l app=web`, `-f file`.

use api::Str;

use crate::commands::Setup;
use crate::failure::Failure;
use crate::flags::Arguments;
use crate::requests::Selectors;
use crate::resource::{self, Resource};

/// One object, or a collection of objects, that a command is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// The kind of object.
    pub resource: Resource,
    /// The namespace; empty for cluster-scoped kinds and for all namespaces.
    pub namespace: Str,
    /// The object; `None` for a collection.
    pub name: Option<Str>,
}

impl Target {
    /// The path of the object or of the collection.
    pub fn path(&self) -> Str {
        match &self.name {
            Some(name) => self.resource.path(&self.namespace, name),
            None => self.resource.collection(&self.namespace),
        }
    }
}

/// What a command accepts as its targets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// A type alone, without name, selector or `--all`, is not enough.
    pub names_wanted: bool,
}

/// The targets of a command, and how its collections are selected.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Targets {
    /// In the order given.
    pub targets: Vec<Target>,
    /// For the collections among them.
    pub selectors: Selectors,
    /// True when several kinds were asked for, so that names need their kind before them.
    pub several_kinds: bool,
}

/// Reads targets from the words of a command line.
///
/// # Errors
/// In the words of kubectl's resource builder.
pub fn read(
    command: &str,
    words: &[String],
    args: &Arguments,
    setup: &Setup<'_>,
    rules: Rules,
) -> Result<Targets, Failure> {
    let all_namespaces = args.on("all-namespaces");
    let namespace = setup.namespace(args);
    let selectors = Selectors {
        labels: args.get("selector").filter(|s| !s.is_empty()).map(Str::from),
        fields: args.get("field-selector").filter(|s| !s.is_empty()).map(Str::from),
    };
    let mut found = Targets { selectors, ..Targets::default() };
    let scope = |resource: &Resource| -> Str {
        if resource.namespaced && !all_namespaces { namespace.clone() } else { Str::new() }
    };
    if words.iter().any(|w| w.contains('/')) {
        read_pairs(words, &scope, &mut found)?;
        if args.on("all") || !found.selectors.is_empty() {
            return Err(Failure::error("name cannot be provided when a selector is specified"));
        }
    } else if let Some((types, names)) = words.split_first() {
        let mut resources: Vec<Resource> = Vec::new();
        for name in types.split(',').filter(|t| !t.is_empty()) {
            for resource in lookup(name)? {
                if !resources.contains(&resource) {
                    resources.push(resource);
                }
            }
            found.several_kinds |= name == "all";
        }
        found.several_kinds |= resources.len() > 1;
        if !names.is_empty() && (!found.selectors.is_empty() || args.on("all")) {
            return Err(Failure::error("name cannot be provided when a selector is specified"));
        }
        if names.is_empty() && rules.names_wanted && found.selectors.is_empty() && !args.on("all") {
            return Err(Failure::error("resource(s) were provided, but no name was specified"));
        }
        for resource in resources {
            if names.is_empty() {
                let namespace = scope(&resource);
                found.targets.push(Target { resource, namespace, name: None });
                continue;
            }
            for name in names {
                let namespace = scope(&resource);
                found.targets.push(Target {
                    resource: resource.clone(),
                    namespace,
                    name: Some(name.as_str().into()),
                });
            }
        }
    } else {
        return Err(nothing_given(command));
    }
    let by_name = found.targets.iter().any(|t| t.name.is_some() && t.resource.namespaced);
    if all_namespaces && by_name {
        return Err(Failure::error("a resource cannot be retrieved by name across all namespaces"));
    }
    Ok(found)
}

fn read_pairs(
    words: &[String],
    scope: &dyn Fn(&Resource) -> Str,
    found: &mut Targets,
) -> Result<(), Failure> {
    for word in words {
        let Some((kind, name)) = word.split_once('/') else {
            return Err(Failure::error(
                "there is no need to specify a resource type as a separate argument when passing arguments in \
                 resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
                 resource/<resource_name>'",
            ));
        };
        if kind.is_empty() || name.is_empty() || name.contains('/') {
            return Err(Failure::error(format!(
                "arguments in resource/name form may not have more than one slash, got {word:?}"
            )));
        }
        let resource = lookup_one(kind)?;
        let namespace = scope(&resource);
        found.targets.push(Target { resource, namespace, name: Some(name.into()) });
    }
    let first = found.targets.first().map(|t| t.resource.clone());
    found.several_kinds = found.targets.iter().any(|t| Some(&t.resource) != first.as_ref());
    Ok(())
}

/// The kinds of a name or of a category (`all`).
///
/// # Errors
/// `the server doesn't have a resource type "foo"`.
pub fn lookup(name: &str) -> Result<Vec<Resource>, Failure> {
    let category = resource::category(name);
    if category.is_empty() { lookup_one(name).map(|r| vec![r]) } else { Ok(category) }
}

/// The kind of a name.
///
/// # Errors
/// `the server doesn't have a resource type "foo"`.
pub fn lookup_one(name: &str) -> Result<Resource, Failure> {
    resource::find(name)
        .ok_or_else(|| Failure::error(format!("the server doesn't have a resource type {name:?}")))
}

fn nothing_given(command: &str) -> Failure {
    if command == "get" || command == "describe" {
        let head = format!(
            "You must specify the type of resource to {command}. Use \"kubectl api-resources\" for a complete list of \
             supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a \
             detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl {command} -h' for help and \
             examples"
        );
        return Failure::bare(head);
    }
    Failure::error(
        "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   \
         '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
    )
}
