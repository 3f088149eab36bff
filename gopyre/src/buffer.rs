//! Arrays through the buffer protocol: [`Buffer`] gives memory to Python, [`View`] borrows Python's.

mod element;
mod exporter;
mod view;

pub use element::Element;
pub(crate) use element::copy;
pub(crate) use view::Borrowed;
pub use view::View;

use crate::attach;
use crate::convert;
use crate::error::{Error, Result};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use std::cell::UnsafeCell;
use std::fmt;
use std::sync::Arc;

/// A vector that Python sees without a copy.
///
/// It serializes to a writable `memoryview`, of which `numpy.asarray` makes an array over the same
/// memory. The memory lives as long as the buffer or anything in Python that looks at it; what Python
/// writes there, others in Python see. Rust reads it back through [`Object::view`](crate::Object::view).
///
/// ```
/// let samples = gopyre::Buffer::from(vec![1.0, 2.0, 3.0, 4.0]).shape(&[2, 2])?;
/// let corner: f64 = gopyre::exec("input[1, 1]", &samples)?;
/// assert_eq!(corner, 4.0);
/// # Ok::<(), gopyre::Error>(())
/// ```
pub struct Buffer<T> {
    memory: Arc<Memory<T>>,
    dims: Vec<usize>,
}

/// Memory that Rust no longer touches but to free it.
struct Memory<T>(UnsafeCell<Vec<T>>);

// SAFETY: the elements are plain numbers; Rust reads none of them while Python may write.
unsafe impl<T: Send> Send for Memory<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Memory<T> {}

impl<T: Element> From<Vec<T>> for Buffer<T> {
    fn from(v: Vec<T>) -> Self {
        Buffer {
            dims: vec![v.len()],
            memory: Arc::new(Memory(UnsafeCell::new(v))),
        }
    }
}

impl<T: Element> Buffer<T> {
    /// Gives the elements, in row-major order, these dimensions; none are those of a single element.
    ///
    /// # Errors
    /// [`Error::Argument`] where the dimensions' product is not the number of elements.
    ///
    /// ```
    /// let error = gopyre::Buffer::from(vec![0u8; 6]).shape(&[4, 2]).unwrap_err();
    /// assert_eq!(error.to_string(), "expected dimensions of 6 elements, found [4, 2]");
    /// ```
    pub fn shape(mut self, dims: &[usize]) -> Result<Self> {
        let len: usize = self.dims.iter().product();
        let product = dims
            .iter()
            .try_fold(1usize, |product, dim| product.checked_mul(*dim));
        // Of an array without elements, the others' dimensions still make strides.
        let is_addressable = dims
            .iter()
            .try_fold(size_of::<T>() as isize, |step, dim| {
                step.checked_mul(isize::try_from(*dim).ok()?.max(1))
            })
            .is_some();
        if product != Some(len) || !is_addressable {
            let elements = if len == 1 { "element" } else { "elements" };
            return Err(Error::Argument(format!(
                "expected dimensions of {len} {elements}, found {dims:?}"
            )));
        }
        self.dims = dims.to_vec();
        Ok(self)
    }
}

impl<T: Element> Serialize for Buffer<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let object = attach::if_attached(|py| exporter::export(py, &self.memory, &self.dims));
        match object {
            Some(object) => convert::serialize_object(s, &object.map_err(S::Error::custom)?),
            None => Err(S::Error::custom("a buffer can only go to Python")),
        }
    }
}

impl<T> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("shape", &self.dims)
            .finish_non_exhaustive()
    }
}
