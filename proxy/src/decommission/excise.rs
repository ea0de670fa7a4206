//! Takes exports out of a source file that keeps others, and with them what only they used.
//!
//! Every step parses the text anew and makes one cut, so no position is ever stale and what is returned has been parsed.

mod cut;
mod unused;

use std::collections::BTreeSet;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingPattern, Declaration, ExportSpecifier, ModuleExportName, Program, Statement, VariableDeclaration,
};
use oxc_parser::Parser;
use oxc_span::{GetSpan as _, SourceType, Span};

use cut::{Range, item, statement};

/// Cuts of one file at most; a file that needs more was made by a machine.
const MOST_CUTS: usize = 1_000;

/// The text without the exports `names`, and without the imports, functions and types that only they used.
///
/// # Errors
/// Why a person has to do it: an export that comes in by `export *` or by a rest pattern has no text of its own to delete.
pub(super) fn without(file: &str, text: &str, names: &BTreeSet<String>) -> Result<String, String> {
    // What nobody used before stays: it may be there on purpose.
    let spared = parsed(file, text, |program| Ok(unused::names(program)))?;
    let mut wanted = names.clone();
    let mut text = text.to_owned();
    for _ in 0..MOST_CUTS {
        let next = parsed(file, &text, |program| match exported(program, names)? {
            Some((name, range)) => Ok(Some((Some(name), range))),
            None => Ok(unused::first(program, &spared).map(|range| (None, range))),
        })?;
        match next {
            Some((name, range)) => {
                text = range.cut(&text);
                wanted.retain(|wanted| Some(wanted) != name.as_ref());
            }
            None if wanted.is_empty() => return Ok(text),
            None => return Err("it comes in by `export *`".to_owned()),
        }
    }
    Err("the file has too much to take apart".to_owned())
}

fn parsed<T>(file: &str, text: &str, ask: impl FnOnce(&Program<'_>) -> Result<T, String>) -> Result<T, String> {
    let allocator = Allocator::default();
    let kind = SourceType::from_path(file).unwrap_or_default();
    let kind = if file.ends_with(".js") || file.ends_with(".jsx") {
        kind.with_jsx(true).with_unambiguous(true)
    } else {
        kind
    };
    let parsed = Parser::new(&allocator, text, kind).parse();
    match parsed.diagnostics.first() {
        Some(error) => Err(format!("the file does not parse: {}", error.message)),
        None => ask(&parsed.program),
    }
}

/// The first piece of text that exports one of the names, and which one.
fn exported(program: &Program<'_>, names: &BTreeSet<String>) -> Result<Option<(String, Range)>, String> {
    for at in &program.body {
        let found = match at {
            Statement::ExportDeclaration(export) => declared(program, at.span(), &export.declaration, names)?,
            Statement::ExportNamedDeclaration(export) => specified(program, at.span(), &export.specifiers, names),
            Statement::ExportFromDeclaration(export) => specified(program, at.span(), &export.specifiers, names),
            _ => None,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn declared(
    program: &Program<'_>,
    whole: Span,
    declaration: &Declaration<'_>,
    names: &BTreeSet<String>,
) -> Result<Option<(String, Range)>, String> {
    let id = match declaration {
        Declaration::FunctionDeclaration(function) => function.id.as_ref(),
        Declaration::ClassDeclaration(class) => class.id.as_ref(),
        Declaration::VariableDeclaration(variables) => return bound(program, whole, variables, names),
        _ => None,
    };
    let name = id.map(|id| id.name.to_string()).filter(|name| names.contains(name));
    Ok(name.map(|name| (name, statement(program, whole))))
}

fn specified(
    program: &Program<'_>,
    whole: Span,
    specifiers: &[ExportSpecifier<'_>],
    names: &BTreeSet<String>,
) -> Option<(String, Range)> {
    let spans: Vec<Span> = specifiers.iter().map(|specifier| specifier.span).collect();
    specifiers.iter().enumerate().find_map(|(at, specifier)| {
        let name = match &specifier.exported {
            ModuleExportName::IdentifierName(name) => name.name.to_string(),
            ModuleExportName::IdentifierReference(name) => name.name.to_string(),
            ModuleExportName::StringLiteral(text) => text.value.to_string(),
        };
        let value = !specifier.export_kind.is_type();
        (value && names.contains(&name)).then(|| (name, item(&spans, at).unwrap_or_else(|| statement(program, whole))))
    })
}

/// `export const GET = …, PUT = …` and `export const { GET, PUT } = …`.
fn bound(
    program: &Program<'_>,
    whole: Span,
    variables: &VariableDeclaration<'_>,
    names: &BTreeSet<String>,
) -> Result<Option<(String, Range)>, String> {
    let spans: Vec<Span> = variables.declarations.iter().map(|one| one.span).collect();
    let alone = |at: usize| item(&spans, at).unwrap_or_else(|| statement(program, whole));
    for (at, declarator) in variables.declarations.iter().enumerate() {
        match &declarator.id {
            BindingPattern::BindingIdentifier(id) if names.contains(id.name.as_str()) => {
                return Ok(Some((id.name.to_string(), alone(at))));
            }
            BindingPattern::ObjectPattern(object) => {
                let parts: Vec<Span> = object.properties.iter().map(|property| property.span).collect();
                let found = object.properties.iter().enumerate().find_map(|(part, property)| {
                    let name = bound_name(&property.value).filter(|name| names.contains(*name))?;
                    Some((name.to_owned(), part))
                });
                let Some((name, part)) = found else { continue };
                if object.rest.is_some() {
                    return Err(format!("{name} stands beside a rest pattern, which would take it in"));
                }
                return Ok(Some((name, item(&parts, part).unwrap_or_else(|| alone(at)))));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn bound_name<'p>(pattern: &'p BindingPattern<'_>) -> Option<&'p str> {
    match pattern {
        BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
        BindingPattern::AssignmentPattern(assignment) => bound_name(&assignment.left),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
