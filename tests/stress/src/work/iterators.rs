//! Iterators that nobody reads to their end.

use super::join;
use crate::random::Random;
use crate::world::World;
use gopyre::{Object, Result, attach, exec};
use std::thread;

pub(crate) fn iterators(_: &World, random: &mut Random) -> Result<()> {
    let code = "
        def numbers(ended):
            try:
                for n in range(1000): yield n * n
            finally:
                ended.append(n)
        ended = []
        (numbers(ended), ended)
    ";
    let (numbers, ended): (Object, Object) = exec(code, ())?;
    let mut squares = numbers.iter()?;
    drop(numbers);
    let take = 1 + random.number(50);
    for n in 0..take {
        match squares.next() {
            Some(square) => assert_eq!(square?.extract::<i64>()?, n * n),
            None => panic!("the iterator ended after {n} numbers"),
        }
    }
    match random.below(4) {
        0 => {
            attach(|| drop(squares))?;
            assert_eq!(ended.extract::<Vec<i64>>()?, [take - 1]);
        }
        1 => thread::scope(|scope| {
            join(scope.spawn(move || {
                assert!(squares.next().is_some());
                drop(squares);
            }));
        }),
        2 => {
            assert_eq!(squares.count() as i64, 1000 - take);
            assert_eq!(ended.len()?, 1);
        }
        _ => drop(squares),
    }
    Ok(())
}
