//! Reads literal values out of code: configuration files, route settings, and JSON with comments.

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrowFunctionBody, Expression, FunctionBody, ObjectPropertyKind, PropertyKey, Statement, UnaryOperator,
};
use oxc_parser::Parser;
use oxc_span::SourceType;
use serde_json::{Map, Number, Value};

/// How deep values may be nested.
const MAX_DEPTH: usize = 48;

/// A value as far as it could be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    pub(crate) value: Value,
    /// The parts that are computed, by path, with their byte offset (or line, once placed); they are `null` in the value.
    pub(crate) computed: Vec<(String, u32)>,
}

/// Top-level constants that a value may name.
pub(super) type Scope<'a, 'b> = BTreeMap<&'b str, &'b Expression<'a>>;

/// Reads an expression. Parts that are computed become `null` and are listed by their path.
pub(super) fn read(expression: &Expression<'_>, scope: &Scope<'_, '_>) -> Read {
    let mut reader = Reader {
        scope,
        computed: Vec::new(),
    };
    let value = reader.value(expression, "", 0);
    Read {
        value,
        computed: reader.computed,
    }
}

/// Reads JSON with comments and trailing commas, such as `tsconfig.json`; `None` when it is none.
pub(super) fn json_with_comments(text: &str) -> Option<Value> {
    let text = format!("({})", text.trim_start_matches('\u{feff}'));
    let allocator = Allocator::default();
    let expression = Parser::new(&allocator, &text, SourceType::mjs())
        .parse_expression()
        .ok()?;
    Some(read(&expression, &Scope::new()).value)
}

struct Reader<'s, 'a, 'b> {
    scope: &'s Scope<'a, 'b>,
    computed: Vec<(String, u32)>,
}

impl Reader<'_, '_, '_> {
    fn value(&mut self, expression: &Expression<'_>, path: &str, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return self.unknown(expression, path);
        }
        match expression.get_inner_expression() {
            Expression::StringLiteral(text) => Value::from(text.value.as_str()),
            Expression::BooleanLiteral(flag) => Value::from(flag.value),
            Expression::NumericLiteral(number) => number_value(number.value),
            Expression::NullLiteral(_) => Value::Null,
            Expression::TemplateLiteral(template) if template.expressions.is_empty() => Value::from(
                template
                    .quasis
                    .first()
                    .and_then(|part| part.value.cooked.as_ref())
                    .map_or("", |text| text.as_str()),
            ),
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => {
                match self.value(&unary.argument, path, depth + 1).as_f64() {
                    Some(number) => number_value(-number),
                    None => Value::Null,
                }
            }
            Expression::ArrayExpression(array) => Value::Array(
                array
                    .elements
                    .iter()
                    .enumerate()
                    .map(|(at, element)| match element.as_expression() {
                        Some(inner) => self.value(inner, &format!("{path}[{at}]"), depth + 1),
                        None => Value::Null,
                    })
                    .collect(),
            ),
            Expression::ObjectExpression(object) => {
                let mut map = Map::new();
                for property in &object.properties {
                    self.property(property, &mut map, path, depth);
                }
                Value::Object(map)
            }
            Expression::Identifier(name) => match self.scope.get(name.name.as_str()) {
                Some(known) => self.value(known, path, depth + 1),
                None => self.unknown(expression, path),
            },
            Expression::ArrowFunctionExpression(function) => {
                let (short, body) = match &function.body {
                    ArrowFunctionBody::FunctionBody(body) => (None, Some(&**body)),
                    other => (other.as_expression(), None),
                };
                self.returned(short, body, expression, path, depth)
            }
            Expression::FunctionExpression(function) => {
                self.returned(None, function.body.as_deref(), expression, path, depth)
            }
            Expression::CallExpression(call) => self.wrapped(call, expression, path, depth),
            _ => self.unknown(expression, path),
        }
    }

    fn property(&mut self, property: &ObjectPropertyKind<'_>, map: &mut Map<String, Value>, path: &str, depth: usize) {
        match property {
            ObjectPropertyKind::ObjectProperty(property) => {
                let Some(key) = key_text(&property.key).filter(|_| !property.computed) else {
                    return self.computed.push((path.to_owned(), property.span.start));
                };
                let below = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let value = self.value(&property.value, &below, depth + 1);
                map.insert(key, value);
            }
            ObjectPropertyKind::SpreadProperty(spread) => match self.value(&spread.argument, path, depth + 1) {
                Value::Object(inner) => map.extend(inner),
                _ => self.computed.push((path.to_owned(), spread.span.start)),
            },
        }
    }

    /// A function stands for what it returns, when it does nothing but return.
    fn returned(
        &mut self,
        short: Option<&Expression<'_>>,
        body: Option<&FunctionBody<'_>>,
        whole: &Expression<'_>,
        path: &str,
        depth: usize,
    ) -> Value {
        if let Some(expression) = short {
            return self.value(expression, path, depth + 1);
        }
        match body.map(|body| body.statements.as_slice()) {
            Some([Statement::ReturnStatement(returned)]) => match &returned.argument {
                Some(argument) => self.value(argument, path, depth + 1),
                None => Value::Null,
            },
            _ => self.unknown(whole, path),
        }
    }

    /// `withPlugin(options)(config)` and `withPlugin(config)`: the object that is wrapped, and a word that it is wrapped.
    fn wrapped(
        &mut self,
        call: &oxc_ast::ast::CallExpression<'_>,
        whole: &Expression<'_>,
        path: &str,
        depth: usize,
    ) -> Value {
        self.computed.push((path.to_owned(), call.span.start));
        let argument = call.arguments.first().and_then(|argument| argument.as_expression());
        match argument {
            Some(inner) if path.is_empty() => self.value(inner, path, depth + 1),
            _ => self.unknown(whole, path),
        }
    }

    fn unknown(&mut self, expression: &Expression<'_>, path: &str) -> Value {
        use oxc_span::GetSpan as _;
        self.computed.push((path.to_owned(), expression.span().start));
        Value::Null
    }
}

/// The text of a property name that is not computed.
pub(super) fn key_text(key: &PropertyKey<'_>) -> Option<String> {
    match key {
        PropertyKey::StaticIdentifier(name) => Some(name.name.to_string()),
        PropertyKey::StringLiteral(text) => Some(text.value.to_string()),
        PropertyKey::NumericLiteral(number) => Some(number.value.to_string()),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole numbers of this range fit exactly")]
fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::json_with_comments;

    #[test]
    fn comments_and_trailing_commas_are_read_over() {
        let value = json_with_comments("{ // why\n \"a\": [1, -2,], /* and */ \"b\": {\"c\": \"x\"}, }");
        assert_eq!(value, Some(serde_json::json!({"a": [1, -2], "b": {"c": "x"}})));
        assert_eq!(json_with_comments("{"), None);
    }
}
