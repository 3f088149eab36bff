//! A Rust expression as Python would write it, for signatures and stubs.

use syn::{Expr, Lit, UnOp};

/// What stands in a signature for an expression that is more than a literal.
const ANYTHING: &str = "...";

/// Returns the Python text of a default.
pub(super) fn text(expr: &Expr) -> String {
    literal(expr).unwrap_or_else(|| ANYTHING.to_owned())
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Group(group) => literal(&group.expr),
        Expr::Paren(paren) => literal(&paren.expr),
        Expr::Reference(reference) => literal(&reference.expr),
        Expr::Lit(lit) => of_lit(&lit.lit),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            literal(&unary.expr).map(|positive| format!("-{positive}"))
        }
        Expr::Path(path) if path.path.is_ident("None") => Some("None".to_owned()),
        Expr::Array(array) => list(array.elems.iter()),
        Expr::Tuple(tuple) => match tuple.elems.len() {
            0 => Some("None".to_owned()),
            1 => Some(format!("({},)", literal(tuple.elems.first()?)?)),
            _ => Some(format!("({})", all(tuple.elems.iter())?)),
        },
        Expr::Macro(vec) if vec.mac.path.is_ident("vec") => {
            let parser = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
            list(vec.mac.parse_body_with(parser).ok()?.iter())
        }
        Expr::Call(call) => of_call(&call.func, call.args.iter()),
        Expr::MethodCall(call) if call.args.is_empty() => {
            let converts = ["into", "to_owned", "to_string"];
            let method = call.method.to_string();
            converts
                .contains(&&*method)
                .then(|| literal(&call.receiver))?
        }
        _ => None,
    }
}

fn of_lit(lit: &Lit) -> Option<String> {
    Some(match lit {
        Lit::Str(text) => quoted(&text.value()),
        Lit::Char(letter) => quoted(&letter.value().to_string()),
        Lit::Bool(value) => if value.value { "True" } else { "False" }.to_owned(),
        Lit::Int(int) if matches!(int.suffix(), "f32" | "f64") => {
            format!("{}.0", int.base10_digits())
        }
        Lit::Int(int) => int.base10_digits().to_owned(),
        Lit::Float(float) => {
            let digits = float.base10_digits();
            match digits.ends_with('.') {
                true => format!("{digits}0"),
                false => digits.to_owned(),
            }
        }
        Lit::ByteStr(bytes) => {
            let escaped: String = bytes
                .value()
                .iter()
                .flat_map(|byte| std::ascii::escape_default(*byte))
                .map(char::from)
                .collect();
            format!("b\"{}\"", escaped.replace("\\'", "'"))
        }
        _ => return None,
    })
}

fn of_call<'a>(function: &Expr, mut arguments: impl Iterator<Item = &'a Expr>) -> Option<String> {
    let Expr::Path(path) = function else {
        return None;
    };
    let names: Vec<String> = path
        .path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match (names.as_slice(), arguments.next()) {
        (["Some"] | ["String", "from"] | ["PathBuf", "from"], Some(inner)) => literal(inner),
        ([.., "String", "new"], None) => Some("''".to_owned()),
        ([.., "Vec", "new"], None) => Some("[]".to_owned()),
        ([.., "HashMap" | "BTreeMap", "new"], None) => Some("{}".to_owned()),
        _ => None,
    }
}

fn list<'a>(items: impl Iterator<Item = &'a Expr>) -> Option<String> {
    all(items).map(|items| format!("[{items}]"))
}

fn all<'a>(items: impl Iterator<Item = &'a Expr>) -> Option<String> {
    let items: Option<Vec<String>> = items.map(literal).collect();
    items.map(|items| items.join(", "))
}

/// Writes a string literal of Python's, with its own choice of quotes.
fn quoted(text: &str) -> String {
    let quote = match text.contains('\'') && !text.contains('"') {
        true => '"',
        false => '\'',
    };
    let mut out = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => out.extend(['\\', letter]),
            letter if letter.is_control() => {
                out.push_str(&format!("\\x{:02x}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn literals_are_written_as_in_python() {
        let cases = [
            ("3", "3"),
            ("-1_000i64", "-1000"),
            ("0xff", "255"),
            ("2f64", "2.0"),
            ("1.", "1.0"),
            ("1.5e3", "1.5e3"),
            ("true", "True"),
            ("'x'", "'x'"),
            ("\"it's\"", "\"it's\""),
            ("\"a\\n\\u{1}\\\\\"", "'a\\n\\x01\\\\'"),
            ("b\"a\\x00'\"", "b\"a\\x00'\""),
            ("None", "None"),
            ("()", "None"),
            ("(1,)", "(1,)"),
            ("(1, 2.5)", "(1, 2.5)"),
            ("Some(\"x\".into())", "'x'"),
            ("&[1, 2]", "[1, 2]"),
            ("vec![\"a\".to_owned()]", "['a']"),
            ("vec![0; 3]", "..."),
            ("Vec::new()", "[]"),
            ("String::new()", "''"),
            ("i64::MAX", "..."),
            ("f(3)", "..."),
            ("[1, x]", "..."),
        ];
        for (rust, python) in cases {
            let expr = syn::parse_str(rust).unwrap();
            assert_eq!(super::text(&expr), python, "{rust}");
        }
    }
}
