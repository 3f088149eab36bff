//! Reads the extern block, and judges nothing in it.

use crate::script::parse::{Declaration, kind, read_declaration};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, LitStr, Token, Visibility, braced};

/// An extern block as it was declared.
pub(super) struct Block {
    pub(super) attrs: Vec<Attribute>,
    pub(super) unsafety: Option<Token![unsafe]>,
    pub(super) extern_token: Token![extern],
    pub(super) abi: Option<LitStr>,
    pub(super) items: Vec<Item>,
}

/// An item of the block.
pub(super) enum Item {
    Function(Box<Declaration>),
    Class(Class),
    /// A static or a macro call, with the token that says so.
    Other(&'static str, Span),
}

/// `type Name;`
pub(super) struct Class {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    /// What stands between the name and the `;`.
    pub(super) rest: TokenStream,
}

/// Reads an extern block; the error says what the item is instead.
pub(super) fn block(item: TokenStream) -> syn::Result<Block> {
    if !is_extern(&item)
        && let Some((found, span)) = kind(item.clone())
    {
        return Err(syn::Error::new(
            span,
            format_args!(
                "expected an extern block, found {found}\n\
                 help: put `#[py_module]` on `extern \"Python\" {{ .. }}`, with a declaration for \
                 each function and class"
            ),
        ));
    }
    read_block.parse2(item)
}

/// Whether an item is an extern block.
pub(super) fn is_extern(item: &TokenStream) -> bool {
    let head = |input: ParseStream| {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        input.parse::<Option<Token![unsafe]>>()?;
        input.parse::<Token![extern]>()?;
        input.parse::<Option<LitStr>>()?;
        let is_block = input.peek(syn::token::Brace);
        input.parse::<TokenStream>()?;
        Ok(is_block)
    };
    head.parse2(item.clone()).unwrap_or(false)
}

fn read_block(input: ParseStream) -> syn::Result<Block> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    let unsafety = input.parse()?;
    let extern_token = input.parse()?;
    let abi = input.parse()?;
    let content;
    braced!(content in input);
    attrs.extend(content.call(Attribute::parse_inner)?);
    let mut items = Vec::new();
    while !content.is_empty() {
        items.push(item(&content)?);
    }
    Ok(Block {
        attrs,
        unsafety,
        extern_token,
        abi,
        items,
    })
}

fn item(input: ParseStream) -> syn::Result<Item> {
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer)?;
    let vis = ahead.parse()?;
    if ahead.peek(Token![type]) {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        input.parse::<Token![type]>()?;
        return Ok(Item::Class(Class {
            attrs,
            vis,
            ident: input.call(Ident::parse_any)?,
            rest: until_semicolon(input)?,
        }));
    }
    if ahead.peek(Token![static]) || ahead.peek2(Token![!]) {
        let found = if ahead.peek(Token![static]) {
            "a static"
        } else {
            "a macro call"
        };
        let first: TokenTree = ahead.parse()?;
        skip_item(input)?;
        return Ok(Item::Other(found, first.span()));
    }
    read_declaration(input).map(|declaration| Item::Function(Box::new(declaration)))
}

fn until_semicolon(input: ParseStream) -> syn::Result<TokenStream> {
    let mut rest = TokenStream::new();
    while !input.peek(Token![;]) {
        input.parse::<TokenTree>()?.to_tokens(&mut rest);
    }
    input.parse::<Token![;]>()?;
    Ok(rest)
}

/// Skips to behind the next `;`, or a `{ .. }` that ends a macro call.
fn skip_item(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() {
        let ends = input.peek(Token![;]) || input.peek(syn::token::Brace);
        input.parse::<TokenTree>()?;
        if ends {
            break;
        }
    }
    Ok(())
}
