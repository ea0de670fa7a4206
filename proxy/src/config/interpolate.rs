//! `${NAME}` in a configuration stands for a value from outside. The value is put in as it is, so it belongs in quotes.

use super::error::ConfigError;

/// Fills in every `${NAME}`; comments are left alone.
pub(super) fn interpolate(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, ConfigError> {
    let mut filled = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_start().starts_with('#') {
            filled.push_str(line);
        } else {
            interpolate_line(line, index + 1, &lookup, &mut filled)?;
        }
    }
    Ok(filled)
}

fn interpolate_line(
    line: &str,
    number: usize,
    lookup: impl Fn(&str) -> Option<String>,
    filled: &mut String,
) -> Result<(), ConfigError> {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("${") {
        let column = line.len() - rest.len() + before.len() + 1;
        let Some((name, behind)) = after.split_once('}') else {
            return Err(ConfigError::at("`${` without `}`", number, column));
        };
        let value = lookup(name)
            .ok_or_else(|| ConfigError::at(format!("the environment variable `{name}` is not set"), number, column))?;
        if value.contains(['\n', '\r']) {
            return Err(ConfigError::at(
                format!("the environment variable `{name}` has more than one line"),
                number,
                column,
            ));
        }
        filled.push_str(before);
        filled.push_str(&value);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(())
}
