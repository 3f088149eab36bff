//! A package made with pybind11, which keeps what it knows of threads for itself.

use crate::{object, scenario, with};
use gopyre::{Error, Object, Result, Runtime, exec};
use gopyre_tests::in_child;
use std::thread;

/// The length of the line around the middle of a hill.
fn contour() -> Result<usize> {
    let lines: Vec<Vec<[f64; 2]>> = exec(
        "
        from contourpy import contour_generator

        n = 9
        z = [[-((x - n // 2) ** 2 + (y - n // 2) ** 2) for x in range(n)] for y in range(n)]
        contour_generator(z=z).lines(-4.5)
        ",
        (),
    )?;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].first(), lines[0].last(), "it is closed");
    Ok(lines[0].len())
}

#[test]
fn a_pybind11_package_is_imported_on_a_worker_and_used_on_others() {
    with(
        "contourpy",
        in_child(|| {
            scenario(|| {
                let first = thread::spawn(contour).join().unwrap()?;
                // That thread is gone. Others, one after the other, then at the same time, then this one.
                for _ in 0..3 {
                    assert_eq!(thread::spawn(contour).join().unwrap()?, first);
                }
                let together: Vec<_> = (0..4).map(|_| thread::spawn(contour)).collect();
                for thread in together {
                    assert_eq!(thread.join().unwrap()?, first);
                }
                assert_eq!(contour()?, first);
                // An object of the package goes from thread to thread, and its errors are Python's.
                let generator: Object = thread::spawn(|| {
                    exec(
                        "from contourpy import contour_generator; contour_generator(z=[[0, 1], [1, 2]])",
                        (),
                    )
                })
                .join()
                .unwrap()?;
                let lines = generator.call_method("lines", (1.0,))?;
                assert_eq!(lines.len()?, 1);
                let error = generator.call_method("lines", ("x",)).unwrap_err();
                assert!(error.exception().is_some(), "{error:?}");
                thread::spawn(move || drop(generator)).join().unwrap();
                assert_eq!(contour()?, first);
                Ok(())
            });
        }),
    );
}

#[test]
fn packages_and_finalize_get_on() {
    with(
        "contourpy",
        in_child(|| {
            scenario(|| {
                thread::spawn(contour).join().unwrap()?;
                let array = object("np.zeros(4)")?;
                let view = array.view::<f64>()?;
                Runtime::get().unwrap().finalize()?;
                assert!(view.to_vec().is_empty());
                drop((array, view));
                assert!(matches!(contour(), Err(Error::Finalized)));
                Ok(())
            });
        }),
    );
}
