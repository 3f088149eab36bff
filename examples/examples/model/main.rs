//! Guesses the language of a text with a model that is embedded Python: it learns once, and then
//! several threads ask it.
//!
//! ```sh
//! cargo run -p gopyre-examples --example model
//! cargo run -p gopyre-examples --example model -- "Wer reitet so spät durch Nacht und Wind?"
//! ```

use gopyre::{Result, py_module};
use std::thread;

/// `model.py` is part of this program. Python imports it once, and checks at start that what is
/// declared here is there.
#[py_module(file = "examples/model/model.py")]
extern "Python" {
    /// What is known about some languages.
    type Model;

    /// Learns from lines of `language: text`.
    #[new]
    fn learn(samples: &str) -> Result<Model>;

    /// The likeliest languages of a text and how likely each is, in order.
    fn guess(self: &Model, text: &str, #[kw] most: Option<usize>) -> Result<Vec<(String, f64)>>;

    /// The languages that it knows.
    #[get]
    fn languages(self: &Model) -> Result<Vec<String>>;

    /// How many texts were guessed so far.
    #[get]
    fn guesses(self: &Model) -> Result<usize>;
}

const TEXTS: [&str; 8] = [
    "a fine day",
    "wir gehen heim",
    "le jour de fête",
    "la vida es sueño",
    "nel mezzo del cammin",
    "to be or not to be",
    "sein oder nicht sein",
    "être ou ne pas être",
];

fn main() -> Result<()> {
    let model = Model::learn(include_str!("samples.txt"))?;
    println!("languages: {}", model.languages()?.join(", "));

    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.is_empty() {
        for (language, likelihood) in model.guess(&args.join(" "), None)? {
            println!("{:>6.1}% {language}", likelihood * 100.0);
        }
        return Ok(());
    }

    // The model is one object, which threads share by reference.
    let answers: Vec<Result<Vec<String>>> = thread::scope(|scope| {
        let model = &model;
        let ask = |texts| scope.spawn(move || guess_all(model, texts));
        let threads: Vec<_> = TEXTS.chunks(2).map(ask).collect();
        let answers = threads.into_iter().map(|thread| thread.join());
        answers.map(|it| it.expect("no panic")).collect()
    });
    for (number, answer) in answers.into_iter().enumerate() {
        for line in answer? {
            println!("thread {number}: {line}");
        }
    }
    println!("one model, {} guesses", model.guesses()?);
    Ok(())
}

fn guess_all(model: &Model, texts: &[&str]) -> Result<Vec<String>> {
    let line = |text: &&str| {
        let best = model.guess(text, Some(1))?;
        let (language, likelihood) = &best[0];
        Ok(format!(
            "{language:<8} {:>5.1}%  {text}",
            likelihood * 100.0
        ))
    };
    texts.iter().map(line).collect()
}
