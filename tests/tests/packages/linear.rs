//! Linear algebra: a model of one's own, and NumPy's functions.

use crate::{scenario, with};
use gopyre::{Buffer, Object, Result, py_module, py_script};
use gopyre_tests::in_child;
use serde::Deserialize;
use std::thread;

#[py_script(
    r#"
    import numpy as np

    class Line:
        def fit(self, x, y):
            x = np.column_stack([np.ones(len(x)), x])
            self.weights, residuals, rank, _ = np.linalg.lstsq(x, np.asarray(y), rcond=None)
            return rank

        def predict(self, x):
            return np.column_stack([np.ones(len(x)), x]) @ self.weights

    line = Line()
    rank = line.fit(x, y)
    {"line": line, "rank": rank, "weights": line.weights}
"#
)]
fn fit(x: &Buffer<f64>, y: &[f64]) -> Result<Fit>;

#[derive(Deserialize)]
struct Fit {
    line: Object,
    rank: usize,
    weights: Vec<f64>,
}

#[test]
fn a_least_squares_model_fits_and_predicts() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                let plane = |a: f64, b: f64| 3.0 + 2.0 * a - 0.5 * b;
                let points: Vec<[f64; 2]> = (0..50)
                    .map(|n| [f64::from(n % 7), f64::from(n % 5)])
                    .collect();
                let y: Vec<f64> = points.iter().map(|[a, b]| plane(*a, *b)).collect();
                let x = Buffer::from(points.concat()).shape(&[50, 2])?;
                let fit = fit(&x, &y)?;
                assert_eq!(fit.rank, 3);
                for (weight, expected) in fit.weights.iter().zip([3.0, 2.0, -0.5]) {
                    assert!((weight - expected).abs() < 1e-9, "{:?}", fit.weights);
                }
                // The model stays in Python and is used from any thread.
                let line = &fit.line;
                thread::scope(|scope| {
                    for worker in 0..4 {
                        scope.spawn(move || {
                            let at = [[f64::from(worker), 10.0]];
                            let y: Vec<f64> = line
                                .call_method("predict", (at,))
                                .unwrap()
                                .extract()
                                .unwrap();
                            assert!((y[0] - plane(f64::from(worker), 10.0)).abs() < 1e-9);
                        });
                    }
                });
                let wrong = line
                    .call_method("predict", ([[1.0, 2.0, 3.0]],))
                    .unwrap_err();
                assert!(wrong.exception().unwrap().is("ValueError"), "{wrong:?}");
                Ok(())
            });
        }),
    );
}

// ---- what NumPy has itself

#[py_module(name = "numpy.linalg")]
extern "Python" {
    fn inv(a: &[[f64; 2]]) -> Result<Vec<[f64; 2]>>;
    fn norm(x: &[f64], #[kw] ord: Option<f64>) -> Result<f64>;
    fn solve(a: &[[f64; 2]], b: &[f64]) -> Result<Vec<f64>>;
    fn lstsq(a: &Buffer<f64>, b: &[f64], #[kw] rcond: Option<f64>) -> Result<LeastSquares>;
}

/// Solution, residuals, rank and singular values.
type LeastSquares = (Vec<f64>, Vec<f64>, usize, Vec<f64>);

#[test]
fn declared_functions_of_numpy_are_called() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                gopyre::check()?;
                assert_eq!(solve(&[[2.0, 0.0], [0.0, 4.0]], &[1.0, 1.0])?, [0.5, 0.25]);
                assert_eq!(norm(&[3.0, 4.0], None)?, 5.0);
                assert_eq!(norm(&[3.0, 4.0], Some(f64::INFINITY))?, 4.0);
                // A line through points: y = 1 + 2 x.
                let x = Buffer::from(vec![1.0, 0.0, 1.0, 1.0, 1.0, 2.0]).shape(&[3, 2])?;
                let (solution, _, rank, _) = lstsq(&x, &[1.0, 3.0, 5.0], Some(1e-9))?;
                assert!((solution[0] - 1.0).abs() < 1e-9 && (solution[1] - 2.0).abs() < 1e-9);
                assert_eq!(rank, 2);
                Ok(())
            });
        }),
    );
}

#[test]
fn numpys_own_errors_are_themselves() {
    with(
        "numpy",
        in_child(|| {
            scenario(|| {
                let error = inv(&[[1.0, 1.0], [1.0, 1.0]]).unwrap_err();
                let exception = error.exception().unwrap();
                assert!(
                    exception.is("LinAlgError") && exception.is("ValueError"),
                    "{error:?}"
                );
                assert_eq!(exception.message(), "Singular matrix");
                assert_eq!(inv(&[[2.0, 0.0], [0.0, 4.0]])?, [[0.5, 0.0], [0.0, 0.25]]);
                Ok(())
            });
        }),
    );
}
