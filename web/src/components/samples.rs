//! Manifests to begin with; the files are in `static/samples`.

use crate::infra::i18n::Texts;

/// A sample: its file name and its text.
pub struct Sample {
    /// As it is called in the editor's head.
    pub file: &'static str,
    /// The manifest.
    pub text: &'static str,
    /// Its name in the picker.
    pub name: fn(&'static Texts) -> &'static str,
}

/// All of them; the first one is in the editor when nothing else is.
pub const SAMPLES: [Sample; 4] = [
    Sample {
        file: "web.yaml",
        text: include_str!("../../../static/samples/web.yaml"),
        name: |t| t.sample_web,
    },
    Sample {
        file: "config.yaml",
        text: include_str!("../../../static/samples/config.yaml"),
        name: |t| t.sample_config,
    },
    Sample {
        file: "crash.yaml",
        text: include_str!("../../../static/samples/crash.yaml"),
        name: |t| t.sample_crash,
    },
    Sample {
        file: "rolling.yaml",
        text: include_str!("../../../static/samples/rolling.yaml"),
        name: |t| t.sample_rolling,
    },
];
