//! Threads of Rust's that come and go, and that attach and detach in all orders.

use super::join;
use crate::ledger::lock;
use crate::random::Random;
use crate::world::World;
use gopyre::{Error, Result, attach, detach, exec, run};
use std::thread;

/// Threads that live for one call.
pub(crate) fn come_and_go(_: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1000);
    let threads = 1 + random.number(4);
    let sum = thread::scope(|scope| {
        let spawn = |k| {
            scope
                .spawn(move || exec::<i64>("import threading; threading.get_ident(); input", n + k))
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().map(join).sum::<Result<i64>>()
    })?;
    assert_eq!(sum, threads * n + threads * (threads - 1) / 2);
    Ok(())
}

/// Attachments in detached stretches in attachments, with a lock that everybody wants.
pub(crate) fn nesting(world: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1000);
    let depth = 1 + random.below(4);
    assert_eq!(nested(world, depth, n)?, n + depth as i64);
    // The thread is the same one for Python all the time.
    let seen = "import __main__; __main__.local.__dict__.setdefault('n', input)";
    let first: i64 = exec(seen, n)?;
    attach(|| detach(|| assert!(matches!(exec::<i64>(seen, n + 1), Ok(found) if found == first))))?;
    if random.one_in(10) {
        run(&format!("last = {n}"))?;
        let last = gopyre::exec::<i64>("import __main__; __main__.last", ())?;
        assert!((0..1000).contains(&last));
    }
    match attach(|| gopyre::Runtime::get().map(|runtime| runtime.finalize()))? {
        Some(Err(Error::Busy)) => Ok(()),
        other => panic!("finalize inside a call: {other:?}"),
    }
}

fn nested(world: &World, depth: u64, n: i64) -> Result<i64> {
    if depth == 0 {
        return exec("input", n);
    }
    let inner = attach(|| {
        let before: i64 = exec("input * 2", n)?;
        let inner = detach(|| {
            *lock(&world.contended) += 1;
            nested(world, depth - 1, n)
        })?;
        assert_eq!(exec::<i64>("input // 2", before)?, n);
        Ok::<_, Error>(inner)
    })?;
    Ok(inner? + 1)
}
