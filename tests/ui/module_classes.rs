use gopyre::{Result, py_module};

#[py_module(name = "collections")]
extern "Python" {
    #[r#static]
    fn above() -> Result<i64>;

    type Counter;
    type Counter;
    type Generic<T>;
    type Alias = i64;
    #[new]
    type Marked;
    #[name = "9"]
    type Numbered;

    fn short(&self) -> Result<i64>;
    fn by_value(self) -> Result<i64>;
    fn moved(self: Counter) -> Result<i64>;
    fn unique(self: &mut Counter) -> Result<i64>;
    fn boxed(self: Box<Counter>) -> Result<i64>;
    fn unknown(self: &Deque) -> Result<i64>;
    fn misspelled(self: &Conter) -> Result<i64>;

    #[new]
    fn nothing();
    #[new]
    fn number() -> Result<i64>;
    #[new]
    fn other() -> Result<Conter>;
    #[new]
    fn with_self(self: &Counter) -> Result<Counter>;
    #[new]
    #[name = "Counter"]
    fn named() -> Result<Counter>;
    #[new]
    #[get]
    fn both() -> Result<Counter>;
    #[new(1)]
    fn more() -> Result<Counter>;

    #[get]
    fn free() -> Result<i64>;
    #[get]
    fn with_parameter(self: &Counter, x: i64) -> Result<i64>;
    #[set]
    fn set_nothing(self: &Counter) -> Result<()>;
    #[set]
    fn set_two(self: &Counter, x: i64, y: i64) -> Result<()>;
    #[set]
    fn set_keyword(self: &Counter, #[kw] x: i64) -> Result<()>;
    #[set]
    fn set_and_get(self: &Counter, x: i64) -> Result<i64>;
    #[r#static]
    fn of_self(self: &Counter) -> Result<i64>;
    #[name = "a.b"]
    fn dotted(self: &Counter) -> Result<i64>;

    fn same(self: &Counter) -> Result<i64>;
    fn same(self: &Counter) -> Result<i64>;
    fn good(self: &Counter) -> Result<i64>;
}

fn main() -> Result<()> {
    let counter = Counter::named()?;
    counter.good()?;
    counter.same()?;
    Ok(())
}
