//! What is left of a module after it was checked: what Python is to see.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident};

/// A module without mistakes.
pub(super) struct Module {
    pub(super) ident: Ident,
    /// The dotted name, `api.shapes`.
    pub(super) name: String,
    pub(super) cfg: Vec<Attribute>,
    /// An expression of a `&'static str`.
    pub(super) doc: TokenStream,
    pub(super) functions: Vec<Function>,
    pub(super) classes: Vec<Class>,
    pub(super) values: Vec<Value>,
    pub(super) modules: Vec<Module>,
}

/// A constant.
pub(super) struct Value {
    pub(super) cfg: Vec<Attribute>,
    pub(super) name: String,
    pub(super) doc: TokenStream,
    pub(super) annotation: String,
    /// An expression of it.
    pub(super) value: TokenStream,
    pub(super) lift: Lift,
}

/// A function or a method.
pub(super) struct Function {
    pub(super) cfg: Vec<Attribute>,
    pub(super) name: String,
    /// What error messages call it.
    pub(super) label: String,
    pub(super) doc: TokenStream,
    pub(super) kind: Kind,
    /// The type that it is of, if any.
    pub(super) class: Option<Ident>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) returns: String,
    pub(super) body: Body,
}

/// How Python calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Method,
    Static,
    Class,
}

/// What a function does.
pub(super) enum Body {
    /// Calls a Rust function.
    Call(Box<Call>),
    /// Reads a field.
    Get(Field),
    /// Writes a field.
    Set(Field),
    /// Returns the instance itself.
    Receiver,
    /// An operator, as the traits for its right-hand sides define it.
    Operator(Vec<Operand>),
}

/// A call of a Rust function.
pub(super) struct Call {
    /// The function: its path, or a closure.
    pub(super) target: TokenStream,
    pub(super) receiver: Receiver,
    pub(super) detach: bool,
    pub(super) outcome: Outcome,
}

/// What becomes of the result of a call.
pub(super) enum Outcome {
    /// It is the value of the instance that is being made; where its type stands.
    Initialize(Span),
    /// It goes to Python.
    Returned(Output),
    /// It is an `Option`, whose `None` is an exception of Python's protocol.
    OrRaise(Missing, Output),
    /// Nothing comes back; Python gets the instance.
    Receiver,
}

/// The exception that `None` is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Missing {
    Stop,
    Index,
    Key,
}

/// A result on its way to Python, out of the `Result` that was around it.
pub(super) struct Output {
    pub(super) lift: Lift,
    /// Whether it certainly borrows nothing.
    pub(super) owned: bool,
    /// Where its type stands.
    pub(super) span: Span,
}

/// How the instances in a result are made.
pub(super) enum Lift {
    /// There are none: serde writes the value.
    Serialize,
    Instance(TokenStream),
    Option(Box<Lift>),
    Vec(Box<Lift>),
    Tuple(Vec<Lift>),
}

/// What a method is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    None,
    Shared,
    Exclusive,
    /// A clone of the value.
    Cloned,
    /// The instance or the class as an object.
    Object,
}

/// A field with `#[get]` or `#[set]`.
pub(super) struct Field {
    pub(super) member: syn::Member,
    pub(super) lift: Lift,
}

/// One right-hand side of an operator.
pub(super) struct Operand {
    pub(super) cfg: Vec<Attribute>,
    /// The method of the trait, `::core::ops::Add::add`.
    pub(super) method: TokenStream,
    /// How the instance gets there.
    pub(super) this: By,
    /// Whether the instance is the right-hand side.
    pub(super) reflected: bool,
    /// How the other side is read.
    pub(super) other: Passing,
    /// What comes of it; none where it changes the instance.
    pub(super) output: Option<Output>,
}

/// How a value is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Value,
    Reference,
    Exclusive,
}

/// A parameter that is not the receiver.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) kind: ParameterKind,
    pub(super) default: Option<Default>,
    pub(super) annotation: String,
    pub(super) passing: Passing,
    /// Whether a value that does not fit means that the operator is not for it.
    pub(super) operand: bool,
}

/// How Python passes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterKind {
    Plain,
    KeywordOnly,
    Args,
    Kwargs,
}

/// What stands in for an argument that is not given.
pub(super) struct Default {
    /// As signatures show it.
    pub(super) text: String,
    /// An expression of the type that is read; none for that type's own `None`.
    pub(super) value: Option<TokenStream>,
}

/// How an argument is read and gets to its parameter.
pub(super) enum Passing {
    /// Read as this type, passed by value.
    Value(TokenStream),
    /// Read as this type, passed by reference, which may lead on to what it derefs to.
    Reference(TokenStream),
    /// Read as an `Option` of this type, passed as an `Option` of what it derefs to.
    OptionDeref(TokenStream),
    /// Read as an `Option` of this type, passed as an `Option` of a reference.
    OptionRef(TokenStream),
    /// An instance.
    Shared(TokenStream),
    /// An instance that is changed.
    Exclusive(TokenStream),
    /// A clone of an instance's value.
    Cloned(TokenStream),
    /// An instance, or `None`.
    OptionShared(TokenStream),
    /// A clone of an instance's value, or `None`.
    OptionCloned(TokenStream),
}

/// A class.
pub(super) struct Class {
    pub(super) ident: Ident,
    pub(super) cfg: Vec<Attribute>,
    pub(super) name: String,
    /// The dotted name of its module.
    pub(super) module: String,
    pub(super) doc: TokenStream,
    pub(super) constructor: Option<Function>,
    pub(super) functions: Vec<Function>,
    pub(super) properties: Vec<Property>,
    pub(super) values: Vec<Value>,
    /// Whether Python is told that instances have no hash.
    pub(super) unhashable: bool,
    /// The fields that may hold objects, each with its `#[cfg]`s.
    pub(super) fields: Vec<(Vec<Attribute>, syn::Member)>,
}

/// A property.
pub(super) struct Property {
    pub(super) name: String,
    pub(super) doc: TokenStream,
    pub(super) annotation: String,
    pub(super) get: Option<Function>,
    pub(super) set: Option<Function>,
}
