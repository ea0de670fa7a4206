//! Walks the code of one item and collects what it uses.

use std::collections::BTreeMap;

use oxc_ast::ast::{
    BinaryExpression, BindingPattern, CallExpression, ComputedMemberExpression, Expression, IdentifierReference,
    ImportExpression, JSXElementName, NewExpression, StaticMemberExpression, StringLiteral, SwitchStatement, TSType,
    TaggedTemplateExpression, TemplateLiteral, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan as _;

use super::calls::{self, Known};
use super::names::{dotted, required};
use super::{Facts, Lines};
use crate::inventory::literal::key_text;
use crate::inventory::rules::Rules;
use crate::inventory::sql::{Verb, verb};

/// The methods that a route handler can have.
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// Collects the facts of one item.
pub(super) struct Visitor<'v> {
    pub(super) file: &'v str,
    pub(super) lines: &'v Lines,
    pub(super) rules: &'v Rules,
    pub(super) facts: Facts,
    /// Names that hold a response or its body, and the call they come from.
    pub(super) known: BTreeMap<String, Known>,
}

impl<'v> Visitor<'v> {
    pub(super) fn new(file: &'v str, lines: &'v Lines, rules: &'v Rules) -> Self {
        Self {
            file,
            lines,
            rules,
            facts: Facts::default(),
            known: BTreeMap::new(),
        }
    }

    pub(super) fn finish(self) -> Facts {
        self.facts
    }

    fn text(&mut self, text: &str, offset: u32) {
        let line = self.lines.at(offset);
        if verb(text) == Verb::Write {
            self.facts.writes.push(line);
        }
        if let Some(host) = host_of(text) {
            self.facts.hosts.push((host, line));
        }
    }

    /// A call of a writing method of the database client: `prisma.user.create(…)`, `db.insert(…)`.
    fn database_write(&mut self, call: &CallExpression<'_>) {
        let Some(path) = dotted(&call.callee) else {
            return;
        };
        let (mut parts, Some(method)) = ({ path.split('.') }, path.rsplit('.').next()) else {
            return;
        };
        let root = match parts.next() {
            Some("this") => parts.next(),
            first => first,
        };
        let named = root.is_some_and(|root| self.rules.database_names.iter().any(|name| name == root));
        if named && path.contains('.') && self.rules.write_methods.iter().any(|name| name == method) {
            self.facts.writes.push(self.lines.at(call.span.start));
        }
    }

    /// A query whose text begins with something computed that is no name: it cannot be told whether it writes.
    fn composed_query(&mut self, call: &CallExpression<'_>) {
        let method = dotted(&call.callee).and_then(|path| path.rsplit('.').next().map(str::to_owned));
        if !matches!(method.as_deref(), Some("query" | "$queryRawUnsafe")) {
            return;
        }
        let Some(Expression::TemplateLiteral(template)) =
            call.arguments.first().and_then(|argument| argument.as_expression())
        else {
            return;
        };
        let starts_computed = template
            .quasis
            .first()
            .is_some_and(|part| part.value.raw.trim().is_empty());
        let named = matches!(template.expressions.first(), None | Some(Expression::Identifier(_)));
        if starts_computed && !named {
            self.facts.composed_sql.push(self.lines.at(call.span.start));
        }
    }

    fn environment(&mut self, name: &str, offset: u32) {
        self.facts.environment.push((name.to_owned(), self.lines.at(offset)));
    }

    fn method_literal(&mut self, side: &Expression<'_>, other: &Expression<'_>) {
        if let (Some(path), Expression::StringLiteral(text)) = (dotted(side), other)
            && path.ends_with(".method")
            && METHODS.contains(&text.value.as_str())
        {
            self.facts.methods.insert(text.value.to_string());
        }
    }
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.facts.uses.insert(name.name.to_string());
    }

    /// Types do not run.
    fn visit_ts_type(&mut self, _: &TSType<'a>) {}

    fn visit_jsx_element_name(&mut self, name: &JSXElementName<'a>) {
        match name {
            JSXElementName::IdentifierReference(name) => {
                self.facts.uses.insert(name.name.to_string());
            }
            other => walk::walk_jsx_element_name(self, other),
        }
    }

    fn visit_string_literal(&mut self, text: &StringLiteral<'a>) {
        self.text(text.value.as_str(), text.span.start);
    }

    fn visit_template_literal(&mut self, template: &TemplateLiteral<'a>) {
        self.text(&calls::template_text(template), template.span.start);
        walk::walk_template_literal(self, template);
    }

    fn visit_tagged_template_expression(&mut self, tagged: &TaggedTemplateExpression<'a>) {
        if dotted(&tagged.tag).is_some_and(|tag| tag.ends_with("$executeRaw")) {
            self.facts.writes.push(self.lines.at(tagged.span.start));
        }
        walk::walk_tagged_template_expression(self, tagged);
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        if dotted(&member.object).as_deref() == Some("process.env") {
            return self.environment(member.property.name.as_str(), member.span.start);
        }
        calls::field_read(self, member);
        if let Expression::Identifier(object) = &member.object {
            self.facts
                .members
                .insert((object.name.to_string(), member.property.name.to_string()));
            return;
        }
        walk::walk_static_member_expression(self, member);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        if dotted(&member.object).as_deref() == Some("process.env") {
            if let Expression::StringLiteral(name) = &member.expression {
                return self.environment(name.value.as_str(), member.span.start);
            }
            let line = self.lines.at(member.span.start);
            self.facts
                .unclear
                .push((line, "reads an environment variable whose name is computed".to_owned()));
        }
        walk::walk_computed_member_expression(self, member);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if let (Some(init), BindingPattern::ObjectPattern(object)) = (&declarator.init, &declarator.id)
            && dotted(init).as_deref() == Some("process.env")
        {
            for name in object.properties.iter().filter_map(|property| key_text(&property.key)) {
                self.environment(&name, declarator.span.start);
            }
        }
        walk::walk_variable_declarator(self, declarator);
        calls::remember(self, declarator);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        match &import.source {
            Expression::StringLiteral(source) => {
                self.facts.loads.insert(source.value.to_string());
            }
            other => {
                let line = self.lines.at(other.span().start);
                self.facts
                    .unclear
                    .push((line, "imports a module whose name is computed".to_owned()));
            }
        }
    }

    fn visit_new_expression(&mut self, new: &NewExpression<'a>) {
        if let (Some(callee), Some(first)) = (
            dotted(&new.callee),
            new.arguments.first().and_then(|argument| argument.as_expression()),
        ) {
            calls::call_site(self, &callee, first, None, new.span.start);
        }
        walk::walk_new_expression(self, new);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Some(source) = required(call) {
            self.facts.loads.insert(source);
        }
        self.database_write(call);
        self.composed_query(call);
        calls::of_call(self, call);
        if !calls::then(self, call) {
            walk::walk_call_expression(self, call);
        }
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        self.method_literal(&binary.left, &binary.right);
        self.method_literal(&binary.right, &binary.left);
        walk::walk_binary_expression(self, binary);
    }

    fn visit_switch_statement(&mut self, switch: &SwitchStatement<'a>) {
        for test in switch.cases.iter().filter_map(|case| case.test.as_ref()) {
            self.method_literal(&switch.discriminant, test);
        }
        walk::walk_switch_statement(self, switch);
    }
}

/// The host of a text that begins with `http://` or `https://`; computed hosts are none.
fn host_of(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#', ' ', '"']).next().unwrap_or_default();
    let host = authority
        .rsplit('@')
        .next()
        .unwrap_or_default()
        .split(':')
        .next()
        .unwrap_or_default();
    let plain = !host.is_empty()
        && host
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '-'));
    plain.then(|| host.to_ascii_lowercase())
}
