//! `${NAME}` in a configuration stands for a value from outside. The value is put in as it is, so it belongs in quotes.

use super::error::ConfigError;

/// Fills in every `${NAME}`; comments are left alone.
pub(super) fn interpolate(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, ConfigError> {
    let (filled, mistakes) = interpolate_all(text, lookup);
    mistakes.into_iter().next().map_or(Ok(filled), Err)
}

/// As [`interpolate`], with every mistake; a line with a mistake stays as it is.
pub(super) fn interpolate_all(text: &str, lookup: impl Fn(&str) -> Option<String>) -> (String, Vec<ConfigError>) {
    let (mut filled, mut mistakes) = (String::with_capacity(text.len()), Vec::new());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let start = filled.len();
        if line.trim_start().starts_with('#') {
            filled.push_str(line);
        } else if let Err(mistake) = interpolate_line(line, index + 1, &lookup, &mut filled) {
            mistakes.push(mistake);
            filled.truncate(start);
            filled.push_str(line);
        }
    }
    (filled, mistakes)
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
