//! Objects that are made, cloned, moved and dropped on any thread, attached or not.

use super::join;
use crate::random::Random;
use crate::world::World;
use gopyre::{Object, Result, attach, detach, exec};
use serde::{Deserialize, Serialize};
use std::thread;

#[derive(Serialize, Deserialize)]
struct Held {
    name: String,
    object: Object,
}

pub(crate) fn objects(world: &World, random: &mut Random) -> Result<()> {
    let n = random.number(1 << 40);
    let token = world.token(n, random.one_in(4))?;
    let copy = token.clone();
    assert!(copy.is(&token));
    let left = world.leave(token, n);
    dropped_somewhere(left, random)?;
    if random.one_in(2) {
        let left = world.leave(copy, n);
        dropped_somewhere(left, random)?;
    } else {
        let held = Held {
            name: n.to_string(),
            object: copy,
        };
        let back: Held = exec("assert str(object.n) == name\ninput", &held)?;
        assert!(back.object.is(&held.object) && back.name == held.name);
    }
    let taken = world.take();
    if let Some((object, n)) = &taken {
        assert_eq!(object.attr("n")?.extract::<i64>()?, *n);
        object.set_attr("seen", [n, n])?;
        assert_eq!(object.attr("seen")?.len()?, 2);
    }
    dropped_somewhere(taken, random)
}

fn dropped_somewhere(left: Option<(Object, i64)>, random: &mut Random) -> Result<()> {
    let Some((object, n)) = left else {
        return Ok(());
    };
    match random.below(5) {
        0 => attach(|| drop(object)),
        1 => attach(|| detach(|| drop(object))),
        2 => thread::scope(|scope| {
            join(scope.spawn(move || {
                let copy = object.clone();
                attach(|| drop(object))?;
                assert_eq!(copy.attr("n")?.extract::<i64>()?, n);
                Ok(())
            }))
        }),
        3 => {
            thread::scope(|scope| join(scope.spawn(move || drop(object))));
            Ok(())
        }
        _ => {
            drop(object);
            Ok(())
        }
    }
}
