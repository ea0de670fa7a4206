//! Walks the top level of a program: imports, exports, and one [`Item`] for each declaration.

use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDeclaration, ExportDefaultDeclarationKind, Expression, Function,
    ImportDeclaration, ImportDeclarationSpecifier, Program, Statement, VariableDeclarator,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use super::names::{bound_names, is_falsy, name_text};
use super::names::{dotted, required};
use super::visitor::Visitor;
use super::{DEFAULT_ITEM, Export, Exported, Import, Imported, Item, Lines, Module, Star};
use crate::inventory::literal::{self, Scope};
use crate::inventory::rules::Rules;

/// Fills the module.
pub(super) fn collect(program: &Program<'_>, lines: &Lines, rules: &Rules, module: &mut Module) {
    let mut collector = Collector {
        lines,
        rules,
        module,
        scope: Scope::new(),
    };
    for statement in &program.body {
        collector.constants(statement);
    }
    for statement in &program.body {
        collector.statement(statement);
    }
}

struct Collector<'c, 'a, 'b> {
    lines: &'c Lines,
    rules: &'c Rules,
    module: &'c mut Module,
    scope: Scope<'a, 'b>,
}

impl<'a, 'b> Collector<'_, 'a, 'b> {
    /// Remembers `const name = value` of the top level, for literal reading.
    fn constants(&mut self, statement: &'b Statement<'a>) {
        let declaration = match statement {
            Statement::VariableDeclaration(declaration) => Some(declaration),
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::VariableDeclaration(declaration) => Some(declaration),
                _ => None,
            },
            _ => None,
        };
        for declarator in declaration
            .into_iter()
            .flat_map(|declaration| &declaration.declarations)
        {
            if let (BindingPattern::BindingIdentifier(name), Some(value)) = (&declarator.id, &declarator.init) {
                self.scope.insert(name.name.as_str(), value);
            }
        }
    }

    fn statement(&mut self, statement: &'b Statement<'a>) {
        match statement {
            Statement::ImportDeclaration(import) => self.import_declaration(import),
            Statement::ExportAllDeclaration(star) => {
                let source = star.source.value.to_string();
                self.module.links.push(source.clone());
                if star.export_kind.is_type() {
                    return;
                }
                let line = self.lines.at(star.span.start);
                match &star.exported {
                    Some(name) => self.export(name_text(name), Exported::From(source, Imported::Namespace), star.span),
                    None => self.module.stars.push(Star { source, line }),
                }
            }
            Statement::ExportFromDeclaration(export) => {
                let source = export.source.value.to_string();
                self.module.links.push(source.clone());
                for specifier in &export.specifiers {
                    if !export.export_kind.is_type() && !specifier.export_kind.is_type() {
                        let value = Exported::From(source.clone(), Imported::Name(name_text(&specifier.local)));
                        self.export(name_text(&specifier.exported), value, specifier.span);
                    }
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    if !export.export_kind.is_type() && !specifier.export_kind.is_type() {
                        self.export(
                            name_text(&specifier.exported),
                            Exported::Local(name_text(&specifier.local)),
                            specifier.span,
                        );
                    }
                }
            }
            Statement::ExportDeclaration(export) => self.export_declaration(export),
            Statement::ExportDefaultDeclaration(export) => self.default(&export.declaration, export.span),
            Statement::ExpressionStatement(expression) => {
                self.common_js(&expression.expression);
                self.item(Vec::new(), statement.span(), |visitor| {
                    visitor.visit_statement(statement)
                });
            }
            other => match other.as_declaration() {
                Some(declaration) => self.declaration(declaration),
                None => self.item(Vec::new(), other.span(), |visitor| visitor.visit_statement(other)),
            },
        }
    }

    fn import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        let source = import.source.value.to_string();
        self.module.links.push(source.clone());
        if import.import_kind.is_type() {
            return;
        }
        if import.specifiers.is_none() {
            self.side_effect_import(&source, import.span);
        }
        for specifier in import.specifiers.iter().flatten() {
            self.import(specifier, &source);
        }
    }

    fn export_declaration(&mut self, export: &'b ExportDeclaration<'a>) {
        let before = self.module.items.len();
        self.declaration(&export.declaration);
        let names: Vec<String> = self
            .module
            .items
            .iter()
            .skip(before)
            .flat_map(|item| item.names.clone())
            .collect();
        for name in names {
            if let Some(value) = self.scope.get(name.as_str()) {
                let read = literal::read(value, &self.scope);
                if read.computed.is_empty() {
                    self.module.constants.insert(name.clone(), read.value);
                }
            }
            self.export(name.clone(), Exported::Local(name), export.span);
        }
    }

    fn import(&mut self, specifier: &ImportDeclarationSpecifier<'_>, source: &str) {
        let (local, imported) = match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(named) if named.import_kind.is_type() => {
                return;
            }
            ImportDeclarationSpecifier::ImportSpecifier(named) => {
                (&named.local, Imported::Name(name_text(&named.imported)))
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => {
                (&default.local, Imported::Name("default".to_owned()))
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(space) => (&space.local, Imported::Namespace),
        };
        self.module.imports.push(Import {
            local: local.name.to_string(),
            imported,
            source: source.to_owned(),
        });
    }

    /// `import "./x"` runs the other module: an item without a name that loads it.
    fn side_effect_import(&mut self, source: &str, span: Span) {
        let source = source.to_owned();
        self.item(Vec::new(), span, |visitor| {
            visitor.facts.loads.insert(source);
        });
    }

    fn declaration(&mut self, declaration: &'b Declaration<'a>) {
        match declaration {
            Declaration::VariableDeclaration(variables) if !variables.declare => {
                for declarator in &variables.declarations {
                    self.variable(declarator);
                }
            }
            Declaration::FunctionDeclaration(function) if has_body(function) => {
                let names = function.id.iter().map(|id| id.name.to_string()).collect();
                self.item(names, function.span, |visitor| {
                    visitor.visit_function(function, ScopeFlags::Function)
                });
            }
            Declaration::ClassDeclaration(class) if !class.declare => {
                let names = class.id.iter().map(|id| id.name.to_string()).collect();
                self.item(names, class.span, |visitor| visitor.visit_class(class));
            }
            Declaration::TSEnumDeclaration(enumeration) if !enumeration.declare => {
                self.item(vec![enumeration.id.name.to_string()], enumeration.span, |visitor| {
                    visitor.visit_declaration(declaration)
                });
            }
            _ => {}
        }
    }

    fn variable(&mut self, declarator: &'b VariableDeclarator<'a>) {
        let mut names = Vec::new();
        bound_names(&declarator.id, &mut names);
        let falsy = declarator.init.as_ref().is_none_or(is_falsy)
            && matches!(declarator.id, BindingPattern::BindingIdentifier(_));
        self.item(names, declarator.span, |visitor| {
            visitor.visit_variable_declarator(declarator)
        });
        if let Some(item) = self.module.items.last_mut() {
            item.falsy = falsy;
        }
        if let Some(Expression::CallExpression(call)) = declarator.init.as_ref().map(Expression::get_inner_expression)
            && let Some(source) = required(call)
        {
            let require = |local: String, imported| Import {
                local,
                imported,
                source: source.clone(),
            };
            match &declarator.id {
                BindingPattern::BindingIdentifier(name) => self
                    .module
                    .imports
                    .push(require(name.name.to_string(), Imported::Namespace)),
                BindingPattern::ObjectPattern(object) => {
                    for property in &object.properties {
                        if let (Some(key), BindingPattern::BindingIdentifier(name)) =
                            (literal::key_text(&property.key), &property.value)
                        {
                            self.module
                                .imports
                                .push(require(name.name.to_string(), Imported::Name(key)));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn default(&mut self, declaration: &'b ExportDefaultDeclarationKind<'a>, span: Span) {
        let name = match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                function.id.as_ref().map(|id| id.name.to_string())
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => class.id.as_ref().map(|id| id.name.to_string()),
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => return,
            _ => None,
        };
        if let Some(expression) = declaration.as_expression() {
            self.module.default = Some(self.literal(expression));
        }
        let name = name.unwrap_or_else(|| DEFAULT_ITEM.to_owned());
        self.item(vec![name.clone()], span, |visitor| {
            visitor.visit_export_default_declaration_kind(declaration)
        });
        self.export("default".to_owned(), Exported::Local(name), span);
    }

    /// `module.exports = {…}`, `module.exports.x = …`, `exports.x = …`.
    fn common_js(&mut self, expression: &'b Expression<'a>) {
        let Expression::AssignmentExpression(assignment) = expression else {
            return;
        };
        let Some(member) = assignment.left.as_member_expression() else {
            return;
        };
        let Some(property) = member.static_property_name() else {
            return;
        };
        match dotted(member.object()).as_deref() {
            Some("module") if property == "exports" => {
                self.module.default = Some(self.literal(&assignment.right));
                if let Expression::ObjectExpression(object) = assignment.right.get_inner_expression() {
                    for property in &object.properties {
                        if let oxc_ast::ast::ObjectPropertyKind::ObjectProperty(property) = property
                            && let Some(key) = literal::key_text(&property.key)
                        {
                            self.assigned(key, &property.value);
                        }
                    }
                } else {
                    self.assigned("default".to_owned(), &assignment.right);
                }
            }
            Some("module.exports" | "exports") => self.assigned(property.to_owned(), &assignment.right),
            _ => {}
        }
    }

    /// A literal whose computed parts are placed by line.
    fn literal(&self, expression: &Expression<'_>) -> literal::Read {
        let mut read = literal::read(expression, &self.scope);
        for (_, place) in &mut read.computed {
            *place = self.lines.at(*place);
        }
        read
    }

    fn assigned(&mut self, name: String, value: &'b Expression<'a>) {
        let local = format!("*{name}*");
        let span = value.span();
        self.item(vec![local.clone()], span, |visitor| visitor.visit_expression(value));
        if let Some(item) = self.module.items.last_mut() {
            item.falsy = is_falsy(value);
        }
        self.export(name, Exported::Local(local), span);
    }

    fn export(&mut self, name: String, value: Exported, span: Span) {
        let line = self.lines.at(span.start);
        self.module.exports.push(Export { name, value, line });
    }

    fn item(&mut self, names: Vec<String>, span: Span, walk: impl FnOnce(&mut Visitor<'_>)) {
        let mut visitor = Visitor::new(&self.module.file, self.lines, self.rules);
        walk(&mut visitor);
        let facts = visitor.finish();
        self.module.links.extend(facts.loads.iter().cloned());
        let line = self.lines.at(span.start);
        self.module.items.push(Item {
            names,
            line,
            falsy: false,
            facts,
        });
    }
}

fn has_body(function: &Function<'_>) -> bool {
    function.body.is_some() && !function.declare
}
