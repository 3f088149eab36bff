//! Reads the attribute's arguments and the declared function, and judges neither.

use crate::report::Report;
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ExprLit, Ident, Item, Lit, LitStr, Signature, Token, Visibility};

/// A function as it was declared.
pub(crate) struct Declaration {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The `{ .. }` that should have been `;`.
    pub(crate) body: Option<TokenTree>,
}

/// `value` or `name = value` inside the attribute's parentheses.
pub(crate) struct Argument {
    pub(crate) name: Option<Ident>,
    pub(crate) value: Value,
}

/// What stands where a string literal is expected.
pub(crate) enum Value {
    Text(LitStr),
    Expr(Box<Expr>),
    /// Tokens that are no expression; none if the argument ends there.
    Other(TokenStream),
}

/// Reads a function declaration; the error says what the item is instead.
pub(crate) fn declaration(item: TokenStream) -> syn::Result<Declaration> {
    read_declaration
        .parse2(item.clone())
        .map_err(|error| no_function(item).unwrap_or(error))
}

/// Reads a function declaration from the start of `input`.
pub(crate) fn read_declaration(input: ParseStream) -> syn::Result<Declaration> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let sig = input.parse()?;
    let body = if input.peek(Token![;]) {
        input.parse::<Token![;]>()?;
        None
    } else {
        Some(input.parse()?)
    };
    Ok(Declaration {
        attrs,
        vis,
        sig,
        body,
    })
}

/// Words the error for an item that is no function, on the keyword that says so.
fn no_function(item: TokenStream) -> Option<syn::Error> {
    let (found, span) = kind(item)?;
    Some(syn::Error::new(
        span,
        format_args!(
            "expected a function, found {found}\n\
             help: put `#[py_script]` on a function without a body, as in \
             `fn total(prices: &[f64]) -> gopyre::Result<f64>;`"
        ),
    ))
}

/// Names an item, with the keyword that says so.
pub(crate) fn kind(item: TokenStream) -> Option<(&'static str, Span)> {
    let item: Item = syn::parse2(item).ok()?;
    Some(match &item {
        Item::Const(item) => ("a constant", item.const_token.span),
        Item::Enum(item) => ("an enum", item.enum_token.span),
        Item::ExternCrate(item) => ("an extern crate", item.extern_token.span),
        Item::Fn(item) => ("a function", item.sig.fn_token.span),
        Item::ForeignMod(item) => ("an extern block", item.abi.extern_token.span),
        Item::Impl(item) => ("an impl", item.impl_token.span),
        Item::Macro(item) => ("a macro call", item.mac.bang_token.span),
        Item::Mod(item) => ("a module", item.mod_token.span),
        Item::Static(item) => ("a static", item.static_token.span),
        Item::Struct(item) => ("a struct", item.struct_token.span),
        Item::Trait(item) => ("a trait", item.trait_token.span),
        Item::TraitAlias(item) => ("a trait alias", item.trait_token.span),
        Item::Type(item) => ("a type alias", item.type_token.span),
        Item::Union(item) => ("a union", item.union_token.span),
        Item::Use(item) => ("a use", item.use_token.span),
        _ => return None,
    })
}

/// Reads what the attribute's parentheses hold; reports nothing but missing commas.
pub(crate) fn arguments(tokens: TokenStream, report: &mut Report) -> Vec<Argument> {
    let read = |input: ParseStream| {
        let mut arguments = Vec::new();
        while !input.is_empty() {
            arguments.push(argument(input)?);
            if input.parse::<Option<Token![,]>>()?.is_none() && !input.is_empty() {
                let next: TokenTree = input.fork().parse()?;
                report.on(
                    &next,
                    format_args!("expected `,`, found `{next}`"),
                    "put a comma between the arguments",
                );
            }
        }
        Ok(arguments)
    };
    match read.parse2(tokens) {
        Ok(arguments) => arguments,
        Err(error) => {
            report.add(error);
            Vec::new()
        }
    }
}

fn argument(input: ParseStream) -> syn::Result<Argument> {
    let named = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]);
    let name = if named {
        let name = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Some(name)
    } else {
        None
    };
    Ok(Argument {
        name,
        value: value(input)?,
    })
}

fn value(input: ParseStream) -> syn::Result<Value> {
    let ahead = input.fork();
    if ahead.parse::<Expr>().is_ok() {
        return Ok(classify(input.parse()?));
    }
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(Value::Other(tokens))
}

/// Tells a string literal from other expressions, through the groups a `macro_rules!` leaves.
fn classify(expr: Expr) -> Value {
    match expr {
        Expr::Group(group) => classify(*group.expr),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Value::Text(text),
        other => Value::Expr(Box::new(other)),
    }
}
