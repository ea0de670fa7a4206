//! Small questions to the syntax tree: what a name is, what a pattern binds, whether a value counts as false.

use oxc_ast::ast::{BindingPattern, Expression, ModuleExportName};

pub(super) fn name_text(name: &ModuleExportName<'_>) -> String {
    match name {
        ModuleExportName::IdentifierName(name) => name.name.to_string(),
        ModuleExportName::IdentifierReference(name) => name.name.to_string(),
        ModuleExportName::StringLiteral(text) => text.value.to_string(),
    }
}

pub(super) fn bound_names(pattern: &BindingPattern<'_>, names: &mut Vec<String>) {
    match pattern {
        BindingPattern::BindingIdentifier(name) => names.push(name.name.to_string()),
        BindingPattern::ObjectPattern(object) => {
            for property in &object.properties {
                bound_names(&property.value, names);
            }
            if let Some(rest) = &object.rest {
                bound_names(&rest.argument, names);
            }
        }
        BindingPattern::ArrayPattern(array) => array
            .elements
            .iter()
            .flatten()
            .for_each(|element| bound_names(element, names)),
        BindingPattern::AssignmentPattern(assignment) => bound_names(&assignment.left, names),
    }
}

pub(super) fn is_falsy(expression: &Expression<'_>) -> bool {
    match expression.get_inner_expression() {
        Expression::NullLiteral(_) => true,
        Expression::BooleanLiteral(flag) => !flag.value,
        Expression::NumericLiteral(number) => number.value == 0.0,
        Expression::StringLiteral(text) => text.value.is_empty(),
        Expression::Identifier(name) => name.name == "undefined",
        _ => false,
    }
}

/// The source of `require("source")`.
pub(super) fn required(call: &oxc_ast::ast::CallExpression<'_>) -> Option<String> {
    let Expression::Identifier(callee) = &call.callee else {
        return None;
    };
    match call.arguments.first()?.as_expression()? {
        Expression::StringLiteral(source) if callee.name == "require" => Some(source.value.to_string()),
        _ => None,
    }
}

/// `a.b.c` as text; `None` for anything else.
pub(super) fn dotted(expression: &Expression<'_>) -> Option<String> {
    match expression.get_inner_expression() {
        Expression::Identifier(name) => Some(name.name.to_string()),
        Expression::ThisExpression(_) => Some("this".to_owned()),
        Expression::StaticMemberExpression(member) => {
            Some(format!("{}.{}", dotted(&member.object)?, member.property.name))
        }
        _ => None,
    }
}
