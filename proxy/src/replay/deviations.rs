//! Deviations on purpose: where native answers otherwise than legacy, under which condition, how, and why. They are data
//! (`tests/parity/deviations.yaml`); a rule names a route and a condition, never an entry. `docs/deviations.md` is made from it.

mod page;

use std::path::Path;

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::error::ReplayError;
use super::lab;
use crate::compare::Difference;

/// All rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deviations {
    deviations: Vec<Deviation>,
    /// What no recording shows.
    #[serde(default)]
    unrecorded: Vec<Unrecorded>,
    /// What could have been changed and was not.
    #[serde(default)]
    kept: Vec<String>,
}

/// A deviation that a recording cannot show, for the page only: other rows, other times, other addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unrecorded {
    /// Routes in words: `POST /api/auth/login`, `every endpoint that …`.
    route: String,
    legacy: String,
    instead: String,
    why: String,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deviation {
    /// As in the flag file: `GET /api/health`.
    route: String,
    #[serde(default)]
    when: Condition,
    /// The compatibility switch under which native does as legacy does.
    pub(super) switch: Option<String>,
    /// The condition hangs on rows that it cannot see: native may also do as legacy does.
    #[serde(default)]
    pub(super) permitted: bool,
    native: Expected,
    /// What legacy does, in words, where its status does not say it.
    legacy: Option<String>,
    /// What native does, in words, where its status does not say it.
    instead: Option<String>,
    /// Why it is so.
    pub(super) why: String,
}

/// What must hold of the recorded exchange; what is not said holds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    /// Whether the request carries a token.
    token: Option<bool>,
    /// The status that legacy gave.
    legacy_status: Option<u16>,
    /// A name that stands in the query or in the JSON body.
    parameter: Option<String>,
    /// A name that stands in neither.
    no_parameter: Option<String>,
    /// A name that is no text in the JSON body, or an empty one.
    no_text: Option<String>,
}

/// What native answers instead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: u16,
    /// Members that the JSON answer has.
    #[serde(default)]
    json: serde_json::Map<String, Value>,
    /// Members of the JSON answer, of which one set holds: for refusals whose text hangs on what was sent.
    #[serde(default)]
    one_of: Vec<serde_json::Map<String, Value>>,
    /// Names that the JSON answer has, whatever their values.
    #[serde(default)]
    members: Vec<String>,
    /// Native equals legacy but for these paths; without it only the status and what is said of the body are looked at.
    equal_except: Option<Vec<String>>,
    /// Tables of which native also deletes rows that legacy leaves; apart from them the changes of rows are equal.
    #[serde(default)]
    also_deletes: Vec<String>,
    /// The tables that a refusal may change all the same, such as the last use of a session.
    #[serde(default)]
    may_write: Vec<String>,
}

/// The exchange as the rules see it.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) route: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
    pub(super) legacy_status: u16,
}

/// What native did.
#[derive(Debug)]
pub(super) struct Done<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
    /// The tables that it changed.
    pub(super) wrote: Vec<&'a str>,
    /// The tables of the rows that it deleted and a rule told not to compare.
    pub(super) also_deleted: &'a [String],
    pub(super) differences: &'a [Difference],
}

impl Deviations {
    /// Reads the rules.
    pub(super) fn read(path: &Path) -> Result<Self, ReplayError> {
        serde_yaml::from_str(&lab::read(path)?).map_err(|error| ReplayError::malformed(path, error))
    }

    /// Every compatibility switch that a rule names.
    pub(super) fn switches(&self) -> impl Iterator<Item = String> {
        self.deviations.iter().filter_map(|rule| rule.switch.clone())
    }

    /// The rules that apply; with `compat` those without a switch.
    pub(super) fn of<'d>(&'d self, facts: &'d Facts<'_>, compat: bool) -> impl Iterator<Item = &'d Deviation> {
        self.deviations.iter().filter(move |rule| {
            rule.route == facts.route && !(compat && rule.switch.is_some()) && rule.when.holds(facts)
        })
    }
}

impl Deviation {
    /// The tables of which native may delete more rows than legacy.
    pub(super) fn also_deletes(&self) -> &[String] {
        &self.native.also_deletes
    }

    /// Whether native did what the rule says.
    pub(super) fn is_met(&self, done: &Done<'_>) -> bool {
        let expected = &self.native;
        let unexpected = |table: &&str| !expected.may_write.iter().any(|one| one == table);
        if expected.status != done.status || (done.status >= 400 && done.wrote.iter().any(unexpected)) {
            return false;
        }
        let also = &expected.also_deletes;
        if !also.is_empty() && !also.iter().any(|table| done.also_deleted.contains(table)) {
            return false;
        }
        let body: Value = serde_json::from_slice(done.body).unwrap_or_default();
        let allowed = |difference: &Difference| match &expected.equal_except {
            Some(paths) => paths.iter().any(|path| difference.path.starts_with(path.as_str())),
            None => true,
        };
        expected.fits(&body) && done.differences.iter().all(allowed)
    }
}

impl Expected {
    /// Whether the body is as the rule says.
    fn fits(&self, body: &Value) -> bool {
        let has = |members: &serde_json::Map<String, Value>| {
            members.iter().all(|(name, value)| body.get(name) == Some(value))
        };
        has(&self.json)
            && (self.one_of.is_empty() || self.one_of.iter().any(has))
            && self.members.iter().all(|name| body.get(name).is_some())
    }
}

impl Condition {
    fn holds(&self, facts: &Facts<'_>) -> bool {
        let agrees = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        let named = |name: &Option<String>, wanted: bool| {
            name.as_deref().is_none_or(|name| has_parameter(facts, name) == wanted)
        };
        agrees(self.token, has_token(facts))
            && self.legacy_status.is_none_or(|status| status == facts.legacy_status)
            && named(&self.parameter, true)
            && named(&self.no_parameter, false)
            && self.no_text.as_deref().is_none_or(|name| !has_text(facts, name))
    }
}

/// In the header, or as the `token` parameter that legacy takes as well.
fn has_token(facts: &Facts<'_>) -> bool {
    facts.headers.contains_key(http::header::AUTHORIZATION)
        || ["token", "sessionToken"].iter().any(|name| has_parameter(facts, name))
}

fn has_text(facts: &Facts<'_>, name: &str) -> bool {
    let body: Value = serde_json::from_slice(facts.body).unwrap_or_default();
    body.get(name)
        .and_then(Value::as_str)
        .is_some_and(|text| !text.is_empty())
}

fn has_parameter(facts: &Facts<'_>, name: &str) -> bool {
    let in_query = facts.query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let body: Value = serde_json::from_slice(facts.body).unwrap_or_default();
    in_query || body.get(name).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Expected;

    #[test]
    fn a_rule_may_speak_of_the_body_in_three_ways() {
        let rule: Expected =
            serde_yaml::from_str("{ status: 401, json: { a: 1 }, one_of: [{ error: x }, { error: y }], members: [b] }")
                .unwrap();
        assert!(rule.fits(&json!({ "a": 1, "error": "y", "b": null })));
        for body in [
            json!({ "a": 2, "error": "y", "b": 0 }),
            json!({ "a": 1, "error": "z", "b": 0 }),
            json!({ "a": 1, "error": "x" }),
            json!(null),
        ] {
            assert!(!rule.fits(&body), "{body}");
        }
    }
}
