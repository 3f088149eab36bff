//! Arrays that both sides look at.

use super::join;
use crate::random::Random;
use crate::world::World;
use gopyre::{Buffer, Object, Result, attach, exec};
use std::thread;

pub(crate) fn buffers(_: &World, random: &mut Random) -> Result<()> {
    let len = 2 * (1 + random.count(500));
    let values: Vec<f64> = (0..len).map(|n| n as f64).collect();
    let sum: f64 = values.iter().sum();
    match random.below(3) {
        0 => {
            let buffer = Buffer::from(values).shape(&[2, len / 2])?;
            let memory: Object = exec("input[0, 0] = 0.5\ninput", &buffer)?;
            let view = memory.view::<f64>()?;
            drop((buffer, memory));
            assert_eq!(view.shape(), [2, len / 2]);
            view.set(&[1, 0], view.get(&[1, 0]).unwrap_or(-1.0) + 1.0)?;
            let found =
                thread::scope(|scope| join(scope.spawn(move || view.to_vec().iter().sum::<f64>())));
            assert_eq!(found, sum + 1.5);
        }
        1 => {
            let array: Object = gopyre::call("array", "array", ("d", &values))?;
            let view = array.view::<f64>()?;
            let grown = array.call_method("append", (1,));
            assert!(grown.is_err(), "an array cannot grow while it is looked at");
            view.copy_from(&vec![2.0; len])?;
            if random.one_in(2) {
                attach(|| drop(view))?;
            } else {
                drop(view);
            }
            // What is dropped detached is let go of at the next attach, by whoever comes first.
            assert_eq!(array.extract::<Vec<f64>>()?, vec![2.0; len]);
        }
        _ => {
            let bytes: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let object = Object::new(serde_bytes::Bytes::new(&bytes))?;
            let view = object.view::<u8>()?;
            assert!(!view.is_writable() && view.set(&[0], 1).is_err());
            drop(object);
            assert_eq!(view.to_vec(), bytes);
        }
    }
    Ok(())
}
