//! Calls of addresses: `fetch`, axios, SWR and React Query keys, and the fields of the answer that the code reads.

use oxc_ast::ast::{
    BindingPattern, CallExpression, Expression, ObjectPropertyKind, StaticMemberExpression, TemplateLiteral,
    VariableDeclarator,
};

use oxc_ast_visit::Visit as _;

use super::names::dotted;
use super::visitor::Visitor;
use crate::inventory::literal::key_text;
use crate::inventory::model::{CallSite, Place};

/// What a name holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    /// The response of this call.
    Response(usize),
    /// The body of its answer.
    Body(usize),
}

/// What an axios-like client is called with behind the dot.
const VERBS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// Records a call when it calls an address.
pub(super) fn of_call(visitor: &mut Visitor<'_>, call: &CallExpression<'_>) {
    let Some(callee) = dotted(&call.callee) else {
        return;
    };
    let argument = |at: usize| call.arguments.get(at).and_then(|argument| argument.as_expression());
    let Some(first) = argument(0) else { return };
    call_site(visitor, &callee, first, argument(1), call.span.start);
}

/// Records a call site when `first` is an address, or an object that has one (`axios({url})`, `useQuery({queryKey: [url]})`).
pub(super) fn call_site(
    visitor: &mut Visitor<'_>,
    callee: &str,
    first: &Expression<'_>,
    second: Option<&Expression<'_>>,
    offset: u32,
) {
    let base = callee.split('.').next().unwrap_or(callee);
    let fetcher = visitor.rules.fetchers.iter().any(|name| name == callee || name == base);
    let query = callee.ends_with("Query") || callee.ends_with("Mutation");
    let url = match property(first, "url").or_else(|| property(first, "queryKey")) {
        Some(inner) if fetcher || query => url_text(inner),
        _ => url_text(first),
    };
    let Some(url) = url.filter(|url| is_address(visitor, url, fetcher || query)) else {
        return;
    };
    let verb = callee
        .rsplit('.')
        .next()
        .filter(|verb| callee.contains('.') && VERBS.contains(verb));
    let named = [second, Some(first)]
        .into_iter()
        .flatten()
        .find_map(|options| property(options, "method"))
        .and_then(url_text);
    let method = named
        .or_else(|| verb.map(str::to_owned))
        .unwrap_or_else(|| "GET".to_owned())
        .to_ascii_uppercase();
    let place = Place {
        file: visitor.file.to_owned(),
        line: visitor.lines.at(offset),
    };
    visitor.facts.calls.push(CallSite {
        place,
        through: callee.to_owned(),
        method,
        url,
        fields: Default::default(),
    });
}

/// Any call may carry an address below `/api`; another path is only one in a function that fetches.
fn is_address(visitor: &Visitor<'_>, url: &str, fetches: bool) -> bool {
    let path = url.strip_prefix("{}").unwrap_or(url);
    if let Some((_, host)) = url.split_once("://") {
        let host = host.split('/').next().unwrap_or_default();
        return visitor.rules.own_hosts.iter().any(|own| own == host);
    }
    path.starts_with("/api/") || (fetches && path.starts_with('/'))
}

/// Remembers which name holds a response or its body.
pub(super) fn remember(visitor: &mut Visitor<'_>, declarator: &VariableDeclarator<'_>) {
    let Some(init) = &declarator.init else { return };
    let known = value_of(visitor, init);
    bind(visitor, &declarator.id, known);
}

/// Walks `promise.then((value) => …)` so that `value` holds what the promise holds; whether it was such a call.
pub(super) fn then<'a>(visitor: &mut Visitor<'_>, call: &CallExpression<'a>) -> bool {
    let Expression::StaticMemberExpression(member) = &call.callee else {
        return false;
    };
    if member.property.name != "then" {
        return false;
    }
    // The promise first: the call that made it must be known.
    visitor.visit_expression(&member.object);
    let callback = call.arguments.first().and_then(|argument| argument.as_expression());
    if let Some(Expression::ArrowFunctionExpression(function)) = callback
        && let Some(parameter) = function.params.items.first()
    {
        let known = value_of(visitor, &member.object);
        bind(visitor, &parameter.pattern, known);
    }
    visitor.visit_arguments(&call.arguments);
    true
}

fn bind(visitor: &mut Visitor<'_>, pattern: &BindingPattern<'_>, known: Option<Known>) {
    match (pattern, known) {
        (BindingPattern::BindingIdentifier(name), Some(known)) => {
            visitor.known.insert(name.name.to_string(), known);
        }
        (BindingPattern::BindingIdentifier(name), None) => {
            visitor.known.remove(name.name.as_str());
        }
        (BindingPattern::ObjectPattern(object), Some(known)) => {
            for property in &object.properties {
                let Some(key) = key_text(&property.key) else {
                    continue;
                };
                match (known, &property.value) {
                    (Known::Body(call), _) => read(visitor, call, &key),
                    (Known::Response(call), BindingPattern::BindingIdentifier(name)) if key == "data" => {
                        visitor.known.insert(name.name.to_string(), Known::Body(call));
                    }
                    (Known::Response(_), _) => {}
                }
            }
        }
        _ => {}
    }
}

/// Notes `body.field`, wherever the body comes from.
pub(super) fn field_read(visitor: &mut Visitor<'_>, member: &StaticMemberExpression<'_>) {
    if let Some(Known::Body(call)) = value_of(visitor, &member.object) {
        read(visitor, call, member.property.name.as_str());
    }
}

fn read(visitor: &mut Visitor<'_>, call: usize, field: &str) {
    if let Some(site) = visitor.facts.calls.get_mut(call) {
        site.fields.insert(field.to_owned());
    }
}

/// What an expression holds: the call itself, a name, `response.json()`, or `.data` of an axios answer.
fn value_of(visitor: &Visitor<'_>, expression: &Expression<'_>) -> Option<Known> {
    match expression.get_inner_expression() {
        Expression::AwaitExpression(awaited) => value_of(visitor, &awaited.argument),
        Expression::Identifier(name) => visitor.known.get(name.name.as_str()).copied(),
        Expression::StaticMemberExpression(member) if member.property.name == "data" => {
            match value_of(visitor, &member.object)? {
                Known::Response(call) => Some(Known::Body(call)),
                Known::Body(_) => None,
            }
        }
        Expression::CallExpression(call) => {
            if let Expression::StaticMemberExpression(member) = &call.callee
                && member.property.name == "json"
                && let Some(Known::Response(site)) = value_of(visitor, &member.object)
            {
                return Some(Known::Body(site));
            }
            if let Expression::StaticMemberExpression(member) = &call.callee
                && member.property.name == "then"
            {
                // Only a callback that is one expression says what comes out of it.
                return match call.arguments.first()?.as_expression()? {
                    Expression::ArrowFunctionExpression(function) => value_of(visitor, function.body.as_expression()?),
                    _ => None,
                };
            }
            let line = visitor.lines.at(call.span.start);
            let callee = dotted(&call.callee)?;
            let found = visitor
                .facts
                .calls
                .iter()
                .rposition(|site| site.place.line == line && site.through == callee);
            found.map(Known::Response)
        }
        _ => None,
    }
}

/// An address as text, `{}` for each computed part; the first element of an array, as in a query key.
fn url_text(expression: &Expression<'_>) -> Option<String> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        Expression::TemplateLiteral(template) => Some(template_text(template)),
        Expression::BinaryExpression(binary) if binary.operator == oxc_syntax::operator::BinaryOperator::Addition => {
            let left = url_text(&binary.left);
            let right = url_text(&binary.right);
            (left.is_some() || right.is_some()).then(|| {
                [left, right]
                    .map(|side| side.unwrap_or_else(|| "{}".to_owned()))
                    .concat()
            })
        }
        Expression::ConditionalExpression(choice) => {
            url_text(&choice.consequent).or_else(|| url_text(&choice.alternate))
        }
        Expression::LogicalExpression(choice) => url_text(&choice.right),
        Expression::ArrayExpression(array) => url_text(array.elements.first()?.as_expression()?),
        Expression::ArrowFunctionExpression(function) => url_text(function.body.as_expression()?),
        _ => None,
    }
}

/// The text of a template, `{}` for each computed part.
pub(super) fn template_text(template: &TemplateLiteral<'_>) -> String {
    let parts: Vec<&str> = template
        .quasis
        .iter()
        .map(|part| part.value.cooked.as_ref().unwrap_or(&part.value.raw).as_str())
        .collect();
    parts.join("{}")
}

fn property<'e, 'a>(expression: &'e Expression<'a>, name: &str) -> Option<&'e Expression<'a>> {
    let Expression::ObjectExpression(object) = expression.get_inner_expression() else {
        return None;
    };
    object.properties.iter().find_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) if key_text(&property.key).as_deref() == Some(name) => {
            Some(&property.value)
        }
        _ => None,
    })
}
