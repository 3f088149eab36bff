//! Runs that are stopped, anywhere, by their time or by another thread.

use crate::random::Random;
use crate::world::World;
use gopyre::{Error, Result, Script, exec};
use std::fmt::Debug;
use std::time::Duration;

/// Each gives its input, in some way that takes a while.
const LONG: [&str; 7] = [
    "n = 0\nwhile n < input: n += 1\nn",
    "sum(1 for _ in range(input))",
    "
    def deeper(n): return n if n == 0 else 1 + deeper(n - 1)
    sum(deeper(100) for _ in range(input // 100)) + input % 100
    ",
    "
    n = 0
    while n < input:
        try: raise ValueError(n)
        except ValueError as error: n = error.args[0] + 1
        finally: pass
    n
    ",
    "
    def numbers():
        try:
            for n in range(input): yield n
        finally: [n for n in range(20)]
    n = 0
    for n in numbers(): pass
    n + 1 if input else 0
    ",
    "
    import json
    while True:
        try: len([json.loads(json.dumps({'n': n}))['n'] for n in range(input)])
        except Exception: continue
        break
    input
    ",
    "
    import gopyre_stress
    n = 0
    while n < input: n = gopyre_stress.after(n)
    n
    ",
];

pub(crate) fn limits(world: &World, random: &mut Random) -> Result<()> {
    let stop = &world.stops[random.count(world.stops.len())];
    // The others' runs, whatever they are doing.
    world.stops[random.count(world.stops.len())].interrupt();
    let script = Script::new(LONG[random.count(LONG.len())])?;
    let n = random.number(20_000);
    let limit = Duration::from_micros(random.below(3000));
    let found = match random.below(4) {
        0 => script.input(n).timeout(limit).exec::<i64>(),
        1 => script.input(n).interrupt(stop).exec::<i64>(),
        2 => {
            script
                .input(n)
                .interrupt(stop)
                .timeout(limit)
                .capture::<i64>()
                .value
        }
        _ => endless(limit, n),
    };
    check(found, n, limit);
    // What was meant for that run must not land in this one.
    assert_eq!(exec::<i64>("sum(1 for _ in range(input))", 200)?, 200);
    Ok(())
}

/// A run that is only ended by its limit, which gets past every handler, within one that is not stopped.
fn endless(limit: Duration, n: i64) -> Result<i64> {
    let code = "
        while True:
            try:
                for _ in iter(int, 1): pass
            except Exception: pass
    ";
    gopyre::attach(|| {
        let found = Script::new(code)?.input(()).timeout(limit).exec::<i64>();
        check(found, -1, limit);
        exec::<i64>("input", n)
    })?
}

fn check<T: PartialEq + Debug>(found: Result<T>, value: T, limit: Duration) {
    match found {
        Ok(found) => assert_eq!(found, value),
        Err(Error::Timeout(time)) => assert_eq!(time, limit),
        Err(Error::Interrupted) => {}
        Err(error) => panic!("{error:?}"),
    }
}
