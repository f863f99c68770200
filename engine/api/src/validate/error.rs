//! What is wrong with a field, in Kubernetes' words (`k8s.io/apimachinery/pkg/util/validation/field`).

use std::fmt;

use crate::{Value, json};

/// An error about one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// The field: `spec.template.spec.containers[0].name`.
    pub field: String,
    /// The kind of error.
    pub kind: FieldErrorKind,
    /// The value, where the message shows it.
    pub value: Value,
    /// The rest of the message.
    pub detail: String,
}

/// A kind of field error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FieldErrorKind {
    Required,
    Invalid,
    NotSupported,
    /// [`FieldErrorKind::NotSupported`], with the value in the detail.
    NotSupportedGo,
    Forbidden,
    TooLong,
    TooMany,
    Duplicate,
    NotFound,
}

impl FieldError {
    fn new(
        kind: FieldErrorKind,
        field: impl Into<String>,
        value: impl Into<Value>,
        detail: impl Into<String>,
    ) -> Self {
        FieldError { field: field.into(), kind, value: value.into(), detail: detail.into() }
    }

    /// `Required value: <detail>`.
    pub fn required(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Required, field, Value::Null, detail)
    }

    /// `Invalid value: <value>: <detail>`.
    pub fn invalid(field: impl Into<String>, value: impl Into<Value>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, field, value, detail)
    }

    /// `Unsupported value: <value>: supported values: "A", "B"`.
    pub fn not_supported(field: impl Into<String>, value: impl Into<Value>, supported: &[&str]) -> Self {
        let mut names: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        names.sort();
        Self::new(
            FieldErrorKind::NotSupported,
            field,
            value,
            format!("supported values: {}", names.join(", ")),
        )
    }

    /// `Unsupported value: <value>: supported values: "A", "B"`, for a value that is shown as Go writes it.
    pub fn go(field: impl Into<String>, value: String, supported: &[&str]) -> Self {
        let shown = format!("{value}: {}", Self::not_supported("", "", supported).detail);
        FieldError { kind: FieldErrorKind::NotSupportedGo, ..Self::forbidden(field, shown) }
    }

    /// `Forbidden: <detail>`.
    pub fn forbidden(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Forbidden, field, Value::Null, detail)
    }

    /// `Duplicate value: <value>`.
    pub fn duplicate(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(FieldErrorKind::Duplicate, field, value, "")
    }

    /// `Not found: <value>`.
    pub fn not_found(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(FieldErrorKind::NotFound, field, value, "")
    }

    /// `Too long: may not be more than <limit> bytes`.
    pub fn too_long(field: impl Into<String>, limit: usize) -> Self {
        Self::new(FieldErrorKind::TooLong, field, Value::Null, format!("may not be more than {limit} bytes"))
    }

    /// The message without the field.
    pub fn body(&self) -> String {
        let (title, shows_value) = match self.kind {
            FieldErrorKind::Required => ("Required value", false),
            FieldErrorKind::Invalid => ("Invalid value", true),
            FieldErrorKind::NotSupported => ("Unsupported value", true),
            FieldErrorKind::NotSupportedGo => ("Unsupported value", false),
            FieldErrorKind::Forbidden => ("Forbidden", false),
            FieldErrorKind::TooLong => ("Too long", false),
            FieldErrorKind::TooMany => ("Too many", true),
            FieldErrorKind::Duplicate => ("Duplicate value", true),
            FieldErrorKind::NotFound => ("Not found", true),
        };
        let mut text = title.to_owned();
        if shows_value {
            text.push_str(": ");
            match &self.value {
                Value::Str(s) => text.push_str(&format!("{:?}", s.as_str())),
                value => text.push_str(&json::write(value)),
            }
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }

    /// The `reason` of the cause in a `Status`.
    pub fn reason(&self) -> &'static str {
        match self.kind {
            FieldErrorKind::Required => "FieldValueRequired",
            FieldErrorKind::Invalid => "FieldValueInvalid",
            FieldErrorKind::NotSupported | FieldErrorKind::NotSupportedGo => "FieldValueNotSupported",
            FieldErrorKind::Forbidden => "FieldValueForbidden",
            FieldErrorKind::TooLong => "FieldValueTooLong",
            FieldErrorKind::TooMany => "FieldValueTooMany",
            FieldErrorKind::Duplicate => "FieldValueDuplicate",
            FieldErrorKind::NotFound => "FieldValueNotFound",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body())
    }
}
