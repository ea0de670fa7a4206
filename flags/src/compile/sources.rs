//! Places in a request: where its subject and its tenant are looked for.

use http::HeaderName;

use super::fields::list;
use super::values;
use crate::canary::SubjectSource;
use crate::findings::Findings;
use crate::pattern::{Pattern, Segment};
use crate::suggest::nearest;
use crate::target::TenantSource;
use crate::yaml::Node;

const SUBJECTS: [&str; 5] = ["user", "tenant", "header:NAME", "cookie:NAME", "ip"];
const TENANTS: [&str; 4] = ["session", "header:NAME", "host:*.DOMAIN", "path:PARAMETER"];

/// `subject: [user, "header:x-client-id", "cookie:sid", ip]`.
pub(super) fn subjects(node: &Node, findings: &mut Findings) -> Vec<SubjectSource> {
    let items = values::items(node, "subject", findings);
    if items.is_empty() {
        findings.add_with_remedy(node.place, "`subject` names no place", one_of(&SUBJECTS));
    }
    let read = items.iter().filter_map(|item| {
        let text = values::text(item, "subject", findings)?;
        let subject = match text.split_once(':') {
            None if text == "user" => Some(SubjectSource::User),
            None if text == "tenant" => Some(SubjectSource::Tenant),
            None if text == "ip" => Some(SubjectSource::Ip),
            Some(("header", name)) => header(name).map(SubjectSource::Header),
            Some(("cookie", name)) if is_cookie_name(name) => Some(SubjectSource::Cookie(name.to_owned())),
            _ => None,
        };
        if subject.is_none() {
            refuse(item, text, "subject", &SUBJECTS, findings);
        }
        subject
    });
    read.collect()
}

/// `tenant_from: [session, "header:x-tenant-id", "host:*.example.com", "path:tenantSlug"]`.
pub(super) fn tenants(node: &Node, findings: &mut Findings) -> Vec<TenantSource> {
    let items = values::items(node, "tenant_from", findings);
    let read = items.iter().filter_map(|item| {
        let text = values::text(item, "tenant_from", findings)?;
        let source = match text.split_once(':') {
            None if text == "session" => Some(TenantSource::Session),
            Some(("header", name)) => header(name).map(TenantSource::Header),
            Some(("host", pattern)) => host(pattern),
            Some(("path", parameter)) if !parameter.is_empty() => Some(TenantSource::Path {
                parameter: parameter.to_owned(),
                segment: None,
            }),
            _ => None,
        };
        if source.is_none() {
            refuse(item, text, "tenant_from", &TENANTS, findings);
        }
        source
    });
    read.collect()
}

/// The places of path parameters in the pattern of a route.
pub(super) fn resolved(sources: &[TenantSource], pattern: &Pattern) -> Vec<TenantSource> {
    let resolve = |source: &TenantSource| match source {
        TenantSource::Path { parameter, .. } => TenantSource::Path {
            parameter: parameter.clone(),
            segment: pattern
                .segments()
                .iter()
                .position(|segment| matches!(segment, Segment::Dynamic(name) if name == parameter)),
        },
        other => other.clone(),
    };
    sources.iter().map(resolve).collect()
}

/// Reports parameters that a route names for itself and does not have.
pub(super) fn check_parameters(node: &Node, resolved: &[TenantSource], findings: &mut Findings) {
    for source in resolved {
        if let TenantSource::Path {
            parameter,
            segment: None,
        } = source
        {
            let message = format!("the route has no parameter `[{parameter}]`, so `path:{parameter}` finds no tenant");
            findings.add_with_remedy(node.place, message, "name a parameter of this route");
        }
    }
}

/// A header that may decide: any but our own, which come from nobody but us.
pub(super) fn header(name: &str) -> Option<HeaderName> {
    let header: HeaderName = name.to_ascii_lowercase().parse().ok()?;
    (!header.as_str().starts_with("x-ficus-")).then_some(header)
}

/// Whether a text is the name of a cookie (a token, RFC 9110, section 5.6.2).
pub(super) fn is_cookie_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(letter)
}

fn host(pattern: &str) -> Option<TenantSource> {
    let pattern: crate::HostPattern = pattern.parse().ok()?;
    pattern.is_wild().then_some(TenantSource::Host(pattern))
}

fn refuse(node: &Node, text: &str, what: &str, known: &[&'static str], findings: &mut Findings) {
    let remedy = match nearest(text, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => one_of(known),
    };
    findings.add_with_remedy(node.place, format!("`{text}` is no place for `{what}`"), remedy);
}

fn one_of(known: &[&str]) -> String {
    format!("write one or more of {}", list(known))
}
