//! Single values: texts, numbers, shares, durations, stages, lists of words.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::fields::list;
use crate::duration;
use crate::fallback::FallbackOn;
use crate::findings::Findings;
use crate::share::Share;
use crate::stage::Stage;
use crate::suggest::nearest;
use crate::yaml::{Node, Value};

pub(super) use crate::kill::is_group_name as is_name;

/// A text; `what` names the key in problems.
pub(super) fn text<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> Option<&'n str> {
    let text = node.text();
    if text.is_none() {
        let message = format!("`{what}` is a text, not {}", node.kind());
        findings.add_with_remedy(node.place, message, "write a value, or leave the key out");
    }
    text
}

/// A list; a single value stands for a list of one.
pub(super) fn items<'n>(node: &'n Node, what: &str, findings: &mut Findings) -> &'n [Node] {
    match &node.value {
        Value::List(items) => items,
        Value::Scalar { .. } if !node.is_missing() => std::slice::from_ref(node),
        _ => {
            let message = format!("`{what}` is a list, not {}", node.kind());
            findings.add_with_remedy(node.place, message, format!("write `{what}: []` for an empty one"));
            &[]
        }
    }
}

/// A whole number within bounds.
pub(super) fn number(node: &Node, what: &str, bounds: RangeInclusive<u32>, findings: &mut Findings) -> Option<u32> {
    let written = text(node, what, findings)?;
    let plain = written.bytes().all(|byte| byte.is_ascii_digit());
    let number = written.parse().ok().filter(|number| plain && bounds.contains(number));
    if number.is_none() {
        findings.add(
            node.place,
            format!(
                "`{what}` is a whole number from {} to {}, not `{written}`",
                bounds.start(),
                bounds.end()
            ),
        );
    }
    number
}

/// A share such as `25%`.
pub(super) fn share(node: &Node, what: &str, findings: &mut Findings) -> Option<Share> {
    let written = text(node, what, findings)?;
    match written.parse() {
        Ok(share) => Some(share),
        Err(error) => {
            let with_sign: Result<Share, _> = format!("{written}%").parse();
            let remedy = match with_sign {
                Ok(share) => format!("write `{share}`"),
                Err(_) => "write for example `25%` or `0.5%`".to_owned(),
            };
            findings.add_with_remedy(node.place, format!("`{what}: {written}`: {error}"), remedy);
            None
        }
    }
}

/// A duration such as `250ms`, within bounds.
pub(super) fn duration(
    node: &Node,
    what: &str,
    bounds: RangeInclusive<Duration>,
    findings: &mut Findings,
) -> Option<Duration> {
    let written = text(node, what, findings)?;
    let Some(duration) = duration::parse(written) else {
        let message = format!("`{what}: {written}` is not a duration");
        let remedy = "write a whole number and its unit: `250ms`, `5s`, `5m`, `24h`, `7d`";
        findings.add_with_remedy(node.place, message, remedy);
        return None;
    };
    if !bounds.contains(&duration) {
        let (least, most) = (duration::print(*bounds.start()), duration::print(*bounds.end()));
        findings.add(
            node.place,
            format!("`{what}: {written}` is not between {least} and {most}"),
        );
        return None;
    }
    Some(duration)
}

/// A stage that this version knows.
pub(super) fn stage(node: &Node, what: &str, findings: &mut Findings) -> Option<Stage> {
    let written = text(node, what, findings)?;
    let stage = Stage::from_word(written);
    if stage.is_none() {
        let words = Stage::ALL.map(Stage::as_str);
        let remedy = match nearest(written, words) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("this version of Ficus knows {}", list(&words)),
        };
        findings.add_with_remedy(node.place, format!("the stage `{written}` is unknown"), remedy);
    }
    stage
}

/// The native failures after which legacy is asked: a list, possibly empty.
pub(super) fn fallback(node: &Node, findings: &mut Findings) -> Option<FallbackOn> {
    let Value::List(items) = &node.value else {
        let message = format!("`fallback` is a list, not {}", node.kind());
        let remedy = format!("write a list of {}, or `[]` for never", list(&FallbackOn::WORDS));
        findings.add_with_remedy(node.place, message, remedy);
        return None;
    };
    let mut fallback = FallbackOn::NEVER;
    for item in items {
        let Some(word) = text(item, "fallback", findings) else {
            continue;
        };
        if !fallback.add(word) {
            let remedy = match nearest(word, FallbackOn::WORDS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write {}", list(&FallbackOn::WORDS)),
            };
            findings.add_with_remedy(
                item.place,
                format!("`{word}` is no failure that has a fallback"),
                remedy,
            );
        }
    }
    Some(fallback)
}
