//! Everything that is wrong with a configuration, not only what stops the reader first: what is wrong is taken out, what is
//! missing is filled in, and the rest is read again.

use serde_path_to_error::Segment;
use serde_yaml::Value;

use super::places::Places;
use super::{Config, ConfigError, Environment, interpolate};

/// More mistakes than anybody reads at once.
const MOST: usize = 100;

/// What a missing key is filled in with, so that the keys beside it can be looked at.
const STAND_INS: [(&str, &str); 6] = [
    ("legacy", "{ url: http://127.0.0.1:1 }"),
    ("url", "http://127.0.0.1:1"),
    ("address", "127.0.0.1:0"),
    ("certificate", "-"),
    ("key", "-"),
    ("certificates", "[]"),
];

/// One step of a path.
enum Step {
    Key(String),
    Index(usize),
}

/// Every mistake, in the order of the file.
pub(super) fn all(text: &str, environment: &Environment) -> Vec<ConfigError> {
    let (text, mut mistakes) = interpolate::interpolate_all(text, |name| environment.get(name));
    let unset: Vec<Option<usize>> = mistakes.iter().map(|error| error.place.map(|place| place.0)).collect();
    match serde_yaml::from_str::<Value>(&text) {
        Err(error) => mistakes.push(ConfigError::of_yaml(&error)),
        Ok(value) => {
            let found = of_values(value, &Places::of(&text));
            // A value that could not be filled in is wrong for that reason only.
            mistakes.extend(found.into_iter().filter(|error| {
                let line = error.place.map(|place| place.0);
                line.is_none() || !unset.contains(&line)
            }));
        }
    }
    mistakes.sort_by_key(|mistake| mistake.place);
    mistakes
}

fn of_values(mut value: Value, places: &Places) -> Vec<ConfigError> {
    let (mut mistakes, mut removed) = (Vec::new(), Vec::new());
    while mistakes.len() < MOST {
        let error = match serde_path_to_error::deserialize::<_, Config>(value.clone()) {
            Ok(config) => {
                let problems = config.problems().into_iter();
                mistakes.extend(problems.map(|problem| ConfigError {
                    place: places.find(&problem.path),
                    message: problem.to_string(),
                }));
                break;
            }
            Err(error) => error,
        };
        let message = error.inner().to_string();
        let mut path = steps(&error);
        if let Some(name) = quoted(&message, "missing field `") {
            let found = mistake(&path, &message, places);
            path.push(Step::Key(name.to_owned()));
            // What is missing because it was taken out has been said.
            if !removed.contains(&text(&path)) {
                mistakes.push(found);
            }
            if !fill_in(&mut value, &path, name) {
                break;
            }
            continue;
        }
        if let Some(name) = quoted(&message, "unknown field `")
            && !matches!(path.last(), Some(Step::Key(last)) if last == name)
        {
            path.push(Step::Key(name.to_owned()));
        }
        mistakes.push(mistake(&path, &message, places));
        removed.push(text(&path));
        if !remove(&mut value, &path) {
            break;
        }
    }
    mistakes
}

fn mistake(path: &[Step], message: &str, places: &Places) -> ConfigError {
    let path = text(path);
    ConfigError {
        place: places.find(&path),
        message: match path.as_str() {
            "" => message.to_owned(),
            path => format!("`{path}`: {message}"),
        },
    }
}

fn steps(error: &serde_path_to_error::Error<serde_yaml::Error>) -> Vec<Step> {
    let steps = error.path().iter().filter_map(|segment| match segment {
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    steps.collect()
}

fn text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

fn quoted<'m>(message: &'m str, before: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(before)?;
    rest.split_once('`').map(|(name, _)| name)
}

fn parent<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key.as_str()),
        Step::Index(index) => value.get_mut(*index),
    })
}

fn remove(value: &mut Value, path: &[Step]) -> bool {
    let Some((last, above)) = path.split_last() else {
        return false;
    };
    match (parent(value, above), last) {
        (Some(Value::Mapping(map)), Step::Key(key)) => map.remove(key.as_str()).is_some(),
        // The items behind it keep their number.
        (Some(Value::Sequence(items)), Step::Index(index)) => items.get_mut(*index).is_some_and(|item| {
            let stand_in = Value::Mapping(serde_yaml::Mapping::new());
            let changes = *item != stand_in;
            *item = stand_in;
            changes
        }),
        _ => false,
    }
}

fn fill_in(value: &mut Value, path: &[Step], name: &str) -> bool {
    let stand_in = STAND_INS.iter().find(|(key, _)| *key == name);
    let stand_in = stand_in.and_then(|(_, text)| serde_yaml::from_str(text).ok());
    stand_in.is_some_and(|stand_in| insert(value, path, stand_in))
}

fn insert(value: &mut Value, path: &[Step], stand_in: Value) -> bool {
    let Some((Step::Key(key), above)) = path.split_last() else {
        return false;
    };
    match parent(value, above) {
        Some(Value::Mapping(map)) => map.insert(key.as_str().into(), stand_in).is_none(),
        Some(empty @ Value::Null) => {
            *empty = Value::Mapping([(key.as_str().into(), stand_in)].into_iter().collect());
            true
        }
        _ => false,
    }
}
