//! The flag file of the demo: a real file that a person can edit while the demo runs.

use std::io;
use std::path::{Path, PathBuf};

/// The routes that migrate together.
const TICKETS: [&str; 2] = ["GET /api/crm/tickets", "POST /api/crm/tickets"];

/// Where the flags are.
#[derive(Debug)]
pub(super) struct FlagFile(PathBuf);

impl FlagFile {
    /// Makes the file with every route legacy.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        let file = Self(path);
        file.write(&text("legacy"))?;
        Ok(file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives the tickets another stage, as an editor would save it: under another name, then renamed.
    pub(super) fn tickets(&self, stage: &str) -> io::Result<()> {
        self.write(&text(stage))
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let draft = self.0.with_extension("yaml.new");
        std::fs::write(&draft, text)?;
        std::fs::rename(&draft, &self.0)
    }
}

fn text(stage: &str) -> String {
    let mut text = format!(
        "# The demo's flags. Stages: legacy, shadow, native. Save this file and the next request follows it.\n\
         version: 1\ngroups:\n  tickets:\n    phase: 7\n    stage: {stage}\n    sample: 100%\n    shadow: {{ budget: 2s }}\nroutes:\n"
    );
    for route in TICKETS {
        text.push_str(&format!("  - route: {route}\n    group: tickets\n"));
    }
    text
}
