//! ServiceAccounts.

use api::Value;

use super::text::{at, head, marks};
use super::{Subject, events};

/// The description of a ServiceAccount. Tokens are no longer Secrets: there are none to list.
pub fn describe(subject: &Subject<'_>) -> String {
    let account = subject.value();
    let mut out = String::new();
    head(account, &mut out);
    marks(account, &mut out);
    names("Image pull secrets", account.items_at(&["imagePullSecrets"]), &mut out);
    names("Mountable secrets", account.items_at(&["secrets"]), &mut out);
    names("Tokens", &[], &mut out);
    events::write(subject.events, subject.now, &mut out);
    out
}

fn names(label: &str, references: &[Value], out: &mut String) {
    if references.is_empty() {
        out.push_str(&format!("{label}:\t<none>\n"));
    }
    for (i, reference) in references.iter().enumerate() {
        let label = if i == 0 { format!("{label}:") } else { String::new() };
        out.push_str(&format!("{label}\t{}\n", at(reference, &["name"])));
    }
}
