//! Writes the text of a stub.

use super::scope::Scope;
use crate::export::{
    ClassItem, FunctionItem, FunctionKind, ModuleItem, ParameterKind, Property, Signature,
    ValueItem,
};
use std::iter;

/// Writes the stub of a module; `top` has all modules that it may refer to.
pub(super) fn module(top: &ModuleItem, item: &ModuleItem) -> String {
    let mut scope = Scope::new(top, item);
    let mut parts = Vec::new();
    for value in item.values {
        let annotation = scope.annotation(value.annotation);
        let head = scope.name("Final");
        parts.push(self::value(value, &format!("{head}[{annotation}]"), ""));
    }
    for class in item.classes {
        parts.push(self::class(class(), &mut scope));
    }
    for function in item.functions {
        parts.push(self::function(function, None, &mut scope));
    }
    let mut head = String::new();
    if !item.doc.is_empty() {
        head.push_str(&docstring(item.doc, ""));
        head.push('\n');
    }
    head.push_str(&scope.imports());
    for inner in item.modules {
        let name = inner.name.rsplit('.').next().unwrap_or(inner.name);
        // The second name is how a stub says that it shows what it imports.
        head.push_str(&format!("from . import {name} as {name}\n"));
    }
    let mut parts: Vec<String> = iter::once(head)
        .chain(parts)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() {
        parts.push("# Nothing is exported.\n".to_owned());
    }
    parts.join("\n")
}

fn value(value: &ValueItem, annotation: &str, indent: &str) -> String {
    let mut text = format!("{indent}{}: {annotation}\n", value.name);
    if !value.doc.is_empty() {
        text.push_str(&docstring(value.doc, indent));
    }
    text
}

fn class(item: &ClassItem, scope: &mut Scope) -> String {
    const INDENT: &str = "    ";
    let functions = item.functions.iter().map(|function| function.name());
    let properties = item.properties.iter().map(|property| property.name);
    let values = item.values.iter().map(|value| value.name);
    scope.enter(functions.chain(properties).chain(values));
    let mut parts = Vec::new();
    if !item.doc.is_empty() {
        parts.push(docstring(item.doc, INDENT));
    }
    for constant in item.values {
        let head = scope.name("ClassVar");
        let annotation = scope.annotation(constant.annotation);
        let mut annotation = format!("{head}[{annotation}]");
        // `object` has a method of that name.
        if constant.name == "__hash__" {
            annotation.push_str("  # type: ignore[assignment]");
        }
        parts.push(value(constant, &annotation, INDENT));
    }
    parts.extend(
        item.constructor
            .iter()
            .chain(item.functions)
            .map(|item| function(item, Some(INDENT), scope)),
    );
    parts.extend(
        item.properties
            .iter()
            .map(|item| property(item, INDENT, scope)),
    );
    scope.enter(iter::empty());
    if parts.is_empty() {
        return format!("class {}: ...\n", item.name);
    }
    format!("class {}:\n{}", item.name, parts.join("\n"))
}

/// Writes a function; with an indentation, one of a class.
fn function(item: &FunctionItem, class: Option<&str>, scope: &mut Scope) -> String {
    let indent = class.unwrap_or_default();
    let (decorator, receiver) = match (item.kind(), class) {
        (FunctionKind::Static, Some(_)) => (Some("staticmethod"), None),
        (FunctionKind::Class, Some(_)) => (Some("classmethod"), Some("cls")),
        (_, Some(_)) => (None, Some("self")),
        (_, None) => (None, None),
    };
    let decorator = decorator.map(|name| format!("{indent}@{}\n", scope.name(name)));
    let signature = signature(item.signature(), receiver, scope);
    let text = format!(
        "{}{indent}def {}{signature}",
        decorator.unwrap_or_default(),
        item.name()
    );
    body(text, item.doc(), indent)
}

/// Ends a function.
fn body(head: String, doc: &str, indent: &str) -> String {
    match doc {
        "" => format!("{head}: ...\n"),
        doc => format!("{head}:\n{}", docstring(doc, &format!("{indent}    "))),
    }
}

fn signature(signature: &Signature, receiver: Option<&str>, scope: &mut Scope) -> String {
    let mut parameters: Vec<String> = receiver.map(str::to_owned).into_iter().collect();
    let mut keyword_only = false;
    for parameter in signature.parameters {
        let annotation = scope.annotation(parameter.annotation);
        let stars = match parameter.kind {
            ParameterKind::Args => "*",
            ParameterKind::Kwargs => "**",
            _ => "",
        };
        if parameter.kind == ParameterKind::KeywordOnly && !keyword_only {
            parameters.push("*".to_owned());
        }
        keyword_only |= matches!(
            parameter.kind,
            ParameterKind::Args | ParameterKind::KeywordOnly
        );
        let default = parameter.default.map(|default| format!(" = {default}"));
        parameters.push(format!(
            "{stars}{}: {annotation}{}",
            parameter.name,
            default.unwrap_or_default()
        ));
    }
    let returns = scope.annotation(signature.returns);
    format!("({}) -> {returns}", parameters.join(", "))
}

fn property(item: &Property, indent: &str, scope: &mut Scope) -> String {
    let decorator = scope.name("property");
    let annotation = scope.annotation(item.annotation);
    let head = format!(
        "{indent}@{decorator}\n{indent}def {}(self) -> {annotation}",
        item.name
    );
    let mut text = body(head, item.doc, indent);
    if let Some(set) = &item.set {
        let signature = signature(set.signature(), Some("self"), scope);
        text.push_str(&format!(
            "{indent}@{name}.setter\n{indent}def {name}{signature}: ...\n",
            name = item.name
        ));
    }
    text
}

/// Writes a docstring.
fn docstring(doc: &str, indent: &str) -> String {
    let escaped = doc.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let mut lines = escaped.lines().map(str::trim_end);
    let mut text = format!("{indent}\"\"\"{}", lines.next().unwrap_or_default());
    let mut long = false;
    for line in lines {
        long = true;
        text.push('\n');
        if !line.is_empty() {
            text.push_str(indent);
            text.push_str(line);
        }
    }
    match (long, text.ends_with('"')) {
        (true, _) => text.push_str(&format!("\n{indent}")),
        // A quote at the end would be one too many.
        (false, true) if !doc.is_empty() => text.push(' '),
        (false, _) => {}
    }
    text.push_str("\"\"\"\n");
    text
}
