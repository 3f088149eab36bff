//! Interpreters that are made, entered by several threads, within each other, and dropped anywhere.

use super::join;
use crate::random::Random;
use crate::world::World;
use gopyre::{Error, Object, Result, attach, exec, run};
use std::thread;

pub(crate) fn interpreters(world: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1000);
    let (interpreter, away) = world.interpreter(random.count(1000))?;
    let (outer, other) = world.interpreter(random.count(1000))?;
    let object: Object = exec("[input]", n)?;
    let theirs = outer.enter(|| {
        inside(&object, n)?;
        interpreter.enter(|| inside(&object, n))?
    })??;
    assert!(matches!(theirs.len(), Err(Error::WrongInterpreter)));
    thread::scope(|scope| {
        // Let go of, far from the interpreter that it belongs to, while another thread is in there.
        let other = scope.spawn(|| interpreter.enter(|| exec::<i64>("input", n)));
        drop(theirs);
        assert_eq!(join(other)??, n);
        Ok::<_, Error>(())
    })?;
    assert_eq!(object.extract::<[i64; 1]>()?, [n]);
    drop(other);
    // Dropped inside one that may be the same.
    interpreter.enter(|| match random.below(3) {
        0 => attach(|| drop((away, outer))),
        1 => {
            thread::scope(|scope| join(scope.spawn(move || drop((away, outer)))));
            Ok(())
        }
        _ => {
            drop((away, outer));
            Ok(())
        }
    })?
}

/// What a thread does in another interpreter; the object is the main one's.
fn inside(object: &Object, n: i64) -> Result<Object> {
    assert!(matches!(object.len(), Err(Error::WrongInterpreter)));
    let copy = object.clone();
    attach(|| drop(copy))?;
    run(&format!("import threading\nseen = {n}"))?;
    let code = "
        import gopyre_stress, json, threading
        found = []
        thread = threading.Thread(target=lambda: found.append(json.loads(str(input))))
        thread.start()
        thread.join()
        assert gopyre_stress.after(input) == input + 1
        found
    ";
    let found: Object = exec(code, n)?;
    assert_eq!(found.extract::<[i64; 1]>()?, [n]);
    let error = exec::<()>("raise ValueError(input)", n).err();
    assert_eq!(
        error.map(|error| error.to_string()),
        Some(format!("ValueError: {n}"))
    );
    Ok(found)
}
