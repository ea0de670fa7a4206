//! `ficus inventory --phase-docs`: makes the tables of the phase documents new.

use std::collections::BTreeMap;
use std::path::Path;

use flags::RouteKey;
use proxy::inventory::phases::{NoPlace, PHASES, Phases};
use proxy::inventory::{Inventory, Rules};

use super::super::exit::ExitStatus;
use super::super::failure::OrHint as _;
use super::super::native;
use super::super::printer::Printer;
use super::{replace, text_of};

pub(super) fn write(
    folder: &Path,
    inventory: &Inventory,
    rules: &Rules,
    flags_text: &str,
    printer: Printer,
) -> anyhow::Result<ExitStatus> {
    let handlers: BTreeMap<RouteKey, String> = native::routes()?
        .into_iter()
        .map(|route| (route.key, route.kind.to_owned()))
        .collect();
    let phases = Phases::new(inventory, rules, flags_text, &handlers);
    let mut changed = 0;
    for phase in PHASES {
        let path = folder.join(format!("{phase}.md"));
        changed += usize::from(make(&path, |text| phases.document(phase, text))?);
    }
    changed += usize::from(make(&folder.join("README.md"), |text| phases.overview(text))?);
    printer.note(&format!("{}: {changed} pages changed", folder.display()));
    Ok(ExitStatus::Success)
}

/// Writes the page again if it changes, and says whether it did.
fn make(path: &Path, new: impl FnOnce(&str) -> Result<String, NoPlace>) -> anyhow::Result<bool> {
    let before = text_of(path)?;
    let after = new(&before).or_hint(
        || format!("cannot make the tables of {}", path.display()),
        || "put both lines where they belong; what is between them is replaced".to_owned(),
    )?;
    if before == after {
        return Ok(false);
    }
    replace(path, &after)?;
    Ok(true)
}
