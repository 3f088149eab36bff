//! What scripts print, captured and written.

use crate::ledger::lock;
use crate::random::Random;
use crate::world::World;
use gopyre::{Output, Result, Script};
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

/// A writer that others read.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Written detached: another thread's Python may run meanwhile.
        let n = gopyre::exec::<usize>("input", bytes.len()).map_err(io::Error::other)?;
        lock(&self.0).extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A writer that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("full on purpose"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn output(_: &World, random: &mut Random) -> Result<()> {
    static LINES: LazyLock<Result<Script>> = LazyLock::new(|| {
        Script::new(
            "
            import sys
            for n in range(input): print('line', n)
            print('error', input, file=sys.stderr)
            input + 1
            ",
        )
    });
    let script = match &*LINES {
        Ok(script) => script,
        Err(error) => panic!("{error:?}"),
    };
    let n = random.number(20);
    let out: String = (0..n).map(|n| format!("line {n}\n")).collect();
    let err = format!("error {n}\n");
    match random.below(3) {
        0 => {
            let run = script.input(n).capture::<i64>();
            assert_eq!((run.value?, run.stdout, run.stderr), (n + 1, out, err));
        }
        1 => {
            let written = [Shared::default(), Shared::default()];
            let [stdout, stderr] = written.clone().map(Output::writer);
            let run = script.input(n).stdout(stdout).stderr(stderr);
            assert_eq!(run.exec::<i64>()?, n + 1);
            let [stdout, stderr] = written.map(|shared| std::mem::take(&mut *lock(&shared.0)));
            assert_eq!((stdout, stderr), (out.into(), err.into()));
        }
        _ => {
            let run = script
                .input(n + 1)
                .stdout(Output::writer(Full))
                .stderr(Output::Null);
            let error = run.exec::<i64>().err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| error.contains("full on purpose")));
        }
    }
    Ok(())
}
