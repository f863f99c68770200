//! `-o`: in which form objects are printed.

use api::{Value, object};

use super::columns::Columns;
use super::jsonpath::Template;
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::Arguments;

/// The form of the output.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Format {
    /// The server's columns; `wide` has the less important ones too.
    Table {
        /// `-o wide`.
        wide: bool,
    },
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// `pod/web`.
    Name,
    /// A template.
    JsonPath(Template),
    /// Columns by path.
    Columns(Columns),
}

impl Format {
    /// Reads `-o`.
    ///
    /// # Errors
    /// An unknown form, a broken template.
    pub fn read(args: &Arguments) -> Result<Format, Failure> {
        let text = args.text("output");
        let (name, rest) = text.split_once('=').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let argument = || rest.or_else(|| args.get("template")).unwrap_or("");
        match name {
            "" if text.is_empty() => Ok(Format::Table { wide: false }),
            "wide" => Ok(Format::Table { wide: true }),
            "yaml" => Ok(Format::Yaml),
            "json" => Ok(Format::Json),
            "name" => Ok(Format::Name),
            "jsonpath" | "jsonpath-as-json" => {
                if argument().is_empty() {
                    return Err(Failure::error("template format specified but no template given"));
                }
                let template = Template::parse(argument())
                    .map_err(|e| Failure::error(format!("error parsing jsonpath {}, {e}", argument())))?;
                Ok(Format::JsonPath(template))
            }
            "custom-columns" => Columns::parse(argument()).map(Format::Columns).map_err(Failure::error),
            "go-template"
            | "go-template-file"
            | "template"
            | "templatefile"
            | "jsonpath-file"
            | "custom-columns-file"
            | "kyaml" => Err(Failure::error(format!(
                "the output format {name:?} is not simulated; jsonpath and custom-columns are"
            ))),
            _ => Err(Failure::error(format!(
                "unable to match a printer suitable for the output format {text:?}, allowed formats are: \
                 custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,\
                 jsonpath-file,kyaml,name,template,templatefile,wide,yaml"
            ))),
        }
    }

    /// True when the server's rows are printed.
    pub fn is_table(&self) -> bool {
        matches!(self, Format::Table { .. })
    }

    /// Prints objects; `single` when exactly one was asked for by name.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn print(
        &self,
        objects: &[Found],
        single: bool,
        headers: bool,
        managed_fields: bool,
    ) -> Result<String, Failure> {
        // Templates see all there is.
        let managed_fields = managed_fields || matches!(self, Format::JsonPath(_));
        let tree = |found: &Found| trimmed(&found.value, managed_fields);
        let whole = || match objects {
            [one] if single => tree(one),
            many => object! {
                "apiVersion": "v1",
                "items": many.iter().map(tree).collect::<Vec<_>>(),
                "kind": "List",
                "metadata": { "resourceVersion": "" }
            },
        };
        Ok(match self {
            // Without a server's table: what kubectl prints of any object.
            Format::Table { .. } | Format::Name => {
                objects.iter().map(|found| format!("{}\n", found.printed())).collect()
            }
            Format::Yaml => yaml(&whole()),
            Format::Json => format!("{}\n", api::json::pretty(&whole())),
            Format::JsonPath(template) => template
                .fill(&whole(), true)
                .map_err(|e| Failure::error(format!("error executing jsonpath: {e}")))?,
            Format::Columns(columns) => columns.print(objects.iter().map(|found| &found.value), headers),
        })
    }
}

/// An object as YAML in kubectl's style.
pub fn yaml(value: &Value) -> String {
    api::yaml::write(value)
}

/// An object as it is shown: without `managedFields`, unless they are asked for.
fn trimmed(value: &Value, managed_fields: bool) -> Value {
    let mut value = value.clone();
    if !managed_fields {
        value.remove(&["metadata", "managedFields"]);
    }
    value
}
