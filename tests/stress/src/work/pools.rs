//! Pools: those that all threads share, and those that live for a moment.

use super::ON_PURPOSE;
use crate::random::Random;
use crate::world::World;
use gopyre::{Error, Pool, PoolKind, Result, Task, exec};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[gopyre::py_script("sum(i * i for i in range(n))")]
fn squares(n: u64) -> Result<u64>;

fn expected(n: u64) -> u64 {
    (0..n).map(|i| i * i).sum()
}

pub(crate) fn pools(world: &World, random: &mut Random) -> Result<()> {
    let pool = &world.pools[random.count(world.pools.len())];
    match random.below(20) {
        0..6 => {
            let n = random.below(100);
            let (sum, nested) = pool.run(|| (squares(n), pool.run(|| squares(n + 1))))?;
            assert_eq!((sum?, nested??), (expected(n), expected(n + 1)));
        }
        6..12 => {
            let items: Vec<u64> = (0..random.below(30)).collect();
            let found = pool.map(items.iter().copied(), squares)?;
            let found: Vec<u64> = found.into_iter().collect::<Result<_>>()?;
            let sums: Vec<u64> = items.into_iter().map(expected).collect();
            assert_eq!(found, sums);
        }
        12..15 => {
            let found = pool.run(|| panic!("the task panics {ON_PURPOSE}"));
            assert!(
                matches!(&found, Err::<(), _>(Error::Panic(text)) if text.contains(ON_PURPOSE))
            );
            let error = pool.run(|| exec::<()>("1 / 0", ()))?.err();
            assert!(error.is_some_and(|error| error.to_string().starts_with("ZeroDivisionError")));
        }
        15..18 => spawned(pool, random)?,
        18 => {
            // Nobody waits for it.
            let ran = Arc::clone(&world.ran);
            world.spawned.fetch_add(1, SeqCst);
            drop(pool.spawn(move || {
                let sum = squares(10);
                ran.fetch_add(u64::from(sum.is_ok_and(|sum| sum == expected(10))), SeqCst);
            }));
        }
        _ => for_a_moment(world, random)?,
    }
    Ok(())
}

/// Every task is done once, or cancelled.
fn spawned(pool: &Pool, random: &mut Random) -> Result<()> {
    let ran = Arc::new(AtomicUsize::new(0));
    let tasks = spawn(pool, 1 + random.count(12), &ran);
    let count = tasks.len();
    let mut cancelled = 0;
    for (n, task) in tasks {
        let given_up = random.one_in(4) && task.cancel();
        cancelled += usize::from(given_up);
        match task.join() {
            Ok(sum) => assert_eq!(sum?, expected(n)),
            Err(Error::Cancelled) if given_up => {}
            Err(error) => return Err(error),
        }
    }
    assert_eq!(ran.load(SeqCst) + cancelled, count);
    Ok(())
}

fn spawn(pool: &Pool, count: usize, ran: &Arc<AtomicUsize>) -> Vec<(u64, Task<Result<u64>>)> {
    let spawn = |n| {
        let ran = Arc::clone(ran);
        let task = pool.spawn(move || {
            ran.fetch_add(1, SeqCst);
            squares(n)
        });
        (n, task)
    };
    (0..count as u64).map(spawn).collect()
}

/// A pool that is dropped with tasks in its queue finishes them.
fn for_a_moment(world: &World, random: &mut Random) -> Result<()> {
    let workers = 1 + random.count(2);
    let kind = match random.one_in(4) && world.may_make(workers as i64) {
        true => PoolKind::Interpreters,
        false => PoolKind::Threads,
    };
    let pool = Pool::builder()
        .workers(workers)
        .kind(kind)
        .setup("set_up = 7")
        .queue(1 + random.count(4))
        .start()?;
    assert_eq!(
        pool.run(|| exec::<i64>("import __main__; __main__.set_up", ()))??,
        7
    );
    let ran = Arc::new(AtomicUsize::new(0));
    let tasks = spawn(&pool, random.count(12), &ran);
    drop(pool);
    assert_eq!(ran.load(SeqCst), tasks.len());
    for (n, task) in tasks {
        assert!(task.is_finished());
        assert_eq!(task.join()??, expected(n));
    }
    Ok(())
}
