//! Cleans a noisy signal with NumPy's Fourier transform, and plots it.
//!
//! ```sh
//! python3 -m venv target/venv && target/venv/bin/pip install numpy
//! cargo run -p gopyre-examples --example numpy -- --venv target/venv
//! ```
//!
//! Without `--venv` it is the venv in `VIRTUAL_ENV`, if there is one. Nothing is converted number by
//! number: NumPy works in Rust's vector, and Rust reads in NumPy's array.

use gopyre::{Buffer, Object, Result, Runtime, py_script};
use serde::Deserialize;
use std::process::ExitCode;

const SAMPLES: usize = 512;
const COLUMNS: usize = 76;
const ROWS: usize = 17;

#[derive(Deserialize)]
struct Cleaned {
    /// A NumPy array, which stays in Python.
    signal: Object,
    /// Periods in the whole signal, and how strong each is.
    tones: Vec<(u32, f64)>,
}

/// Keeps the strongest tones of a signal and drops the rest, which is noise.
#[py_script(
    r#"
    import numpy as np

    signal = np.asarray(samples)  # Rust's memory, as an array
    spectrum = np.fft.rfft(signal)
    strength = 2 * np.abs(spectrum) / len(signal)
    strongest = np.argsort(strength)[-keep:][::-1]

    mask = np.zeros(len(spectrum), dtype=bool)
    mask[strongest] = True
    {
        "signal": np.fft.irfft(np.where(mask, spectrum, 0), len(signal)),
        "tones": [(tone, strength[tone]) for tone in strongest],
    }
"#
)]
fn clean(samples: &Buffer<f64>, keep: usize) -> Result<Cleaned>;

/// The root of the mean square of what is left when one signal is taken from another.
#[py_script("import numpy as np; np.sqrt(np.mean((np.asarray(one) - np.asarray(other)) ** 2))")]
fn distance(one: &Buffer<f64>, other: &Object) -> Result<f64>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error)
            if error
                .exception()
                .is_some_and(|it| it.is("ModuleNotFoundError")) =>
        {
            eprintln!(
                "{error}\n\nThis Python has no NumPy. Make a venv that has it, and name it:\n"
            );
            eprintln!("  python3 -m venv target/venv && target/venv/bin/pip install numpy");
            eprintln!("  cargo run -p gopyre-examples --example numpy -- --venv target/venv");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut python = Runtime::builder();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match (arg.as_str(), args.next()) {
            ("--venv", Some(dir)) => python = python.venv(dir),
            _ => {
                let usage = format!("expected `--venv DIR`, found `{arg}`");
                return Err(gopyre::Error::Argument(usage));
            }
        }
    }
    let python = python.start()?;
    let numpy: String = gopyre::import("numpy")?.attr("__version__")?.extract()?;
    println!("Python {}, NumPy {numpy}", python.version());

    let noisy = noisy_signal();
    let samples = Buffer::from(noisy.clone());
    let cleaned = clean(&samples, 2)?;
    let view = cleaned.signal.view::<f64>()?;
    plot(&noisy, &view.to_vec());
    for (tone, strength) in &cleaned.tones {
        println!("{tone:>3} periods, strength {strength:.2}");
    }
    println!("noise: {:.2}", distance(&samples, &cleaned.signal)?);
    Ok(())
}

/// Two sines, and noise that is the same on every machine.
fn noisy_signal() -> Vec<f64> {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 16) / 32768.0 - 1.0
    };
    let sample = |n: usize| {
        let turn = std::f64::consts::TAU * n as f64 / SAMPLES as f64;
        (3.0 * turn).sin() + 0.4 * (8.0 * turn).sin() + 0.7 * noise()
    };
    (0..SAMPLES).map(sample).collect()
}

/// Draws the noisy samples as dots and the clean ones as a line.
fn plot(noisy: &[f64], clean: &[f64]) {
    let mut canvas = vec![[' '; COLUMNS]; ROWS];
    for (signal, mark) in [(noisy, '.'), (clean, '#')] {
        for (n, value) in signal.iter().enumerate() {
            // From 2 at the top to -2 at the bottom.
            let row = (2.0 - value) / 4.0 * (ROWS - 1) as f64;
            if let Some(row) = canvas.get_mut(row.round() as usize) {
                row[n * COLUMNS / signal.len()] = mark;
            }
        }
    }
    for row in canvas {
        println!("{}", row.iter().collect::<String>().trim_end());
    }
}
