//! Names of the top level of a file that nothing in it uses, and the text that makes them.

use std::collections::{BTreeMap, BTreeSet};

use oxc_ast::ast::{
    BindingPattern, Expression, IdentifierReference, ImportDeclaration, ImportDeclarationSpecifier, Program, Statement,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan as _, Span};

use super::cut::{Range, item, statement};

/// A name and the text that makes it.
struct Made {
    name: String,
    range: Range,
    /// The statement that makes it: what it says of itself is no use.
    statement: usize,
}

/// Every unused name.
pub(super) fn names(program: &Program<'_>) -> BTreeSet<String> {
    all(program).into_iter().map(|made| made.name).collect()
}

/// The text of the first unused name that is not `spared`.
pub(super) fn first(program: &Program<'_>, spared: &BTreeSet<String>) -> Option<Range> {
    let unused = all(program);
    unused
        .into_iter()
        .find(|made| !spared.contains(&made.name))
        .map(|made| made.range)
}

fn all(program: &Program<'_>) -> Vec<Made> {
    let mut users: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, one) in program.body.iter().enumerate() {
        let mut uses = Uses::default();
        uses.visit_statement(one);
        for name in uses.0 {
            users.entry(name).or_default().insert(at);
        }
    }
    let mut made = Vec::new();
    for (at, one) in program.body.iter().enumerate() {
        makes(program, at, one, &mut made);
    }
    made.retain(|made| {
        let others = users.get(&made.name);
        others.is_none_or(|others| others.iter().all(|&other| other == made.statement))
    });
    made
}

/// Names are matched by their text, so a shadowed one counts as used and stays.
#[derive(Default)]
struct Uses(BTreeSet<String>);

impl<'a> Visit<'a> for Uses {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.0.insert(name.name.to_string());
    }
}

/// Only what runs nothing by itself: imports, functions, types, and constants that hold a function or a plain literal.
fn makes(program: &Program<'_>, at: usize, one: &Statement<'_>, made: &mut Vec<Made>) {
    let name = match one {
        Statement::ImportDeclaration(import) => return imports(program, at, import, made),
        Statement::FunctionDeclaration(function) => function.id.as_ref().map(|id| id.name.to_string()),
        Statement::TSTypeAliasDeclaration(alias) => Some(alias.id.name.to_string()),
        Statement::TSInterfaceDeclaration(interface) => Some(interface.id.name.to_string()),
        Statement::VariableDeclaration(variables) => match variables.declarations.as_slice() {
            [only] if only.init.as_ref().is_some_and(is_inert) => match &only.id {
                BindingPattern::BindingIdentifier(id) => Some(id.name.to_string()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    made.extend(name.map(|name| Made {
        name,
        range: statement(program, one.span()),
        statement: at,
    }));
}

fn is_inert(value: &Expression<'_>) -> bool {
    matches!(
        value.get_inner_expression(),
        Expression::ArrowFunctionExpression(_)
            | Expression::FunctionExpression(_)
            | Expression::StringLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::RegExpLiteral(_)
    )
}

fn imports(program: &Program<'_>, at: usize, import: &ImportDeclaration<'_>, made: &mut Vec<Made>) {
    let specifiers: Vec<(&str, Span)> = import.specifiers.iter().flatten().map(local).collect();
    let braced: Vec<Span> = import
        .specifiers
        .iter()
        .flatten()
        .filter(|specifier| matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(_)))
        .map(local)
        .map(|(_, span)| span)
        .collect();
    for (name, span) in &specifiers {
        let range = match braced.iter().position(|other| other == span) {
            _ if specifiers.len() == 1 => Some(statement(program, import.span)),
            Some(inside) => item(&braced, inside),
            // A default import before braces, or braces emptied behind one: rare, and harmless to leave.
            None => None,
        };
        made.extend(range.map(|range| Made {
            name: (*name).to_owned(),
            range,
            statement: at,
        }));
    }
}

fn local<'i>(specifier: &'i ImportDeclarationSpecifier<'_>) -> (&'i str, Span) {
    match specifier {
        ImportDeclarationSpecifier::ImportSpecifier(one) => (one.local.name.as_str(), one.span),
        ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => (one.local.name.as_str(), one.span),
        ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => (one.local.name.as_str(), one.span),
    }
}
