//! Threads that Python starts.

use super::join;
use crate::random::Random;
use crate::world::World;
use gopyre::{Object, Result, Script, exec};
use std::collections::BTreeMap;
use std::thread;

pub(crate) fn python_threads(_: &World, random: &mut Random) -> Result<()> {
    let input = BTreeMap::from([
        ("count", random.number(30)),
        ("threads", 1 + random.number(3)),
    ]);
    let all = input["count"] * input["threads"];
    match random.below(3) {
        0 => {
            let code = "
                import queue, threading
                numbers = queue.Queue()
                def work():
                    for n in range(count): numbers.put(n)
                started = [threading.Thread(target=work) for _ in range(threads)]
                for thread in started: thread.start()
                for thread in started: thread.join()
                sum(numbers.get() for _ in range(count * threads))
            ";
            let found: i64 = exec(code, &input)?;
            assert_eq!(found, all * (input["count"] - 1) / 2);
        }
        1 => {
            let code = "
                from concurrent.futures import ThreadPoolExecutor
                def work(n):
                    # In one piece: without a GIL the ends of lines go their own way.
                    print(f'{n}\\n', end='')
                    return n
                with ThreadPoolExecutor(threads) as pool:
                    found = list(pool.map(work, range(count)))
                found
            ";
            let run = Script::new(code)?.input(&input).capture::<Vec<i64>>();
            assert_eq!(run.value?, (0..input["count"]).collect::<Vec<_>>());
            let mut printed: Vec<i64> = run
                .stdout
                .split_whitespace()
                .filter_map(|n| n.parse().ok())
                .collect();
            printed.sort_unstable();
            assert_eq!(printed, (0..input["count"]).collect::<Vec<_>>());
        }
        _ => {
            // It outlives its script, and another thread waits for it.
            let code = "
                import threading
                found = []
                thread = threading.Thread(target=lambda: found.extend(range(count)), daemon=False)
                thread.start()
                (thread, found)
            ";
            let (python, found): (Object, Object) = exec(code, &input)?;
            thread::scope(|scope| join(scope.spawn(|| python.call_method("join", ()))))?;
            assert_eq!(found.len()? as i64, input["count"]);
        }
    }
    Ok(())
}
