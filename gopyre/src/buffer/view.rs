//! Python's memory, borrowed.

use super::element::{Element, copy, fits};
use super::exporter::row_major;
use crate::attach::{self, Attached};
use crate::error::{Error, Result};
use crate::interpreter::State;
use crate::object::Object;
use gopyre_sys as sys;
use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// The memory of a Python object: a NumPy array, an `array.array`, a `bytearray`, a `memoryview`.
///
/// While the view lives its object cannot be resized and keeps its memory. Reading and writing take and
/// give single numbers, so that they are safe while Python code writes there, too; they attach, so around
/// many of them use [`attach`](crate::attach()). After Python is finalized there is nothing to read.
///
/// ```
/// let array = gopyre::exec::<gopyre::Object>("import array; array.array('d', [1.5, 2.5])", ())?;
/// let view = array.view::<f64>()?;
/// view.set(&[0], 4.0)?;
/// assert_eq!(view.to_vec(), [4.0, 2.5]);
/// assert_eq!(array.item(0)?.extract::<f64>()?, 4.0);
/// # Ok::<(), gopyre::Error>(())
/// ```
pub struct View<T> {
    borrowed: Option<Borrowed>,
    state: &'static State,
    shape: Vec<usize>,
    strides: Vec<isize>,
    element: PhantomData<T>,
}

/// A filled `Py_buffer`, which only an attached thread may release.
#[derive(Debug)]
pub(crate) struct Borrowed(NonNull<sys::Py_buffer>);

// SAFETY: the view is released by attached threads alone; its memory is read and written atomically.
unsafe impl Send for Borrowed {}

impl Borrowed {
    fn raw(&self) -> &sys::Py_buffer {
        // SAFETY: filled when it was made, and freed by `release`.
        unsafe { self.0.as_ref() }
    }

    /// Gives the memory back.
    pub(crate) fn release(self, table: &sys::Table) {
        // SAFETY: the caller is attached, as `table` being at hand in `State` and `View` says; filled once,
        // made by `Box`.
        unsafe {
            table.PyBuffer_Release(self.0.as_ptr());
            drop(Box::from_raw(self.0.as_ptr()));
        }
    }
}

impl Object {
    /// Borrows the object's memory as elements of `T`.
    ///
    /// # Errors
    /// The object has no buffer (`TypeError`, `BufferError`), or [`Error::Argument`] where its elements are no
    /// `T`s in this machine's byte order.
    pub fn view<T: Element>(&self) -> Result<View<T>> {
        self.with(|this| {
            let py = this.py();
            // SAFETY: a zeroed `Py_buffer` is one without an exporter.
            let view = Box::new(unsafe { std::mem::zeroed::<sys::Py_buffer>() });
            let view = NonNull::from(Box::leak(view));
            // SAFETY: attached, a live object; the view stays where it is until it is released.
            let filled =
                unsafe { py.PyObject_GetBuffer(this.as_ptr(), view.as_ptr(), sys::PYBUF_FULL_RO) };
            if filled < 0 {
                // SAFETY: made above and not filled.
                drop(unsafe { Box::from_raw(view.as_ptr()) });
                return Err(Error::raised(py));
            }
            View::new(Borrowed(view), py.state())
        })
    }
}

impl<T: Element> View<T> {
    fn new(borrowed: Borrowed, state: &'static State) -> Result<View<T>> {
        let raw = borrowed.raw();
        let dims = raw.ndim.unsigned_abs() as usize;
        // SAFETY: null or a C string of the exporter; shape and strides have `ndim` entries, as was asked for.
        let (format, shape, strides, indirect) = unsafe {
            let all = |at: *mut isize| {
                if at.is_null() {
                    &[]
                } else {
                    std::slice::from_raw_parts(at, dims)
                }
            };
            let format = if raw.format.is_null() {
                c"B"
            } else {
                CStr::from_ptr(raw.format)
            };
            let shape: Vec<usize> = all(raw.shape)
                .iter()
                .map(|dim| dim.unsigned_abs())
                .collect();
            // Those of ctypes give none, which means one element after the other.
            let strides = match raw.strides.is_null() {
                true => row_major(&shape, raw.itemsize),
                false => all(raw.strides).to_vec(),
            };
            (
                format,
                shape,
                strides,
                all(raw.suboffsets).iter().any(|offset| *offset >= 0),
            )
        };
        let shown = format.to_string_lossy().into_owned();
        let (fit, itemsize) = (fits::<T>(format.to_bytes(), raw.itemsize), raw.itemsize);
        let view = View {
            borrowed: Some(borrowed),
            state,
            shape,
            strides,
            element: PhantomData,
        };
        if !fit || indirect || view.shape.len() != dims || view.strides.len() != dims {
            return Err(Error::Argument(format!(
                "expected a buffer of {}, found elements of format `{shown}` and {itemsize} bytes",
                T::NAME
            )));
        }
        Ok(view)
    }

    /// The length of each dimension; empty for a single number.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The distance in bytes between neighbours in each dimension.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Whether the memory may be written.
    pub fn is_writable(&self) -> bool {
        self.borrowed
            .as_ref()
            .is_some_and(|borrowed| borrowed.raw().readonly == 0)
    }

    /// The element at an index for each dimension; none where there is no such element.
    pub fn get(&self, index: &[usize]) -> Option<T> {
        let at = self.address(index)?;
        // SAFETY: an element of the view, whose memory is there while its interpreter is.
        self.access(|_| unsafe { T::load(at) }).ok()
    }

    /// Writes the element at an index for each dimension.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is no such element or the memory is read-only.
    pub fn set(&self, index: &[usize], value: T) -> Result<()> {
        let missing = || {
            Error::Argument(format!(
                "expected an index below {:?}, found {index:?}",
                self.shape
            ))
        };
        let at = self.address(index).ok_or_else(missing)?;
        self.check_writable()?;
        // SAFETY: an element of the view, writable, whose memory is there while its interpreter is.
        self.access(|_| unsafe { value.store(at) })
    }

    /// The elements in row-major order, copied; none after Python is finalized, nor in another interpreter.
    pub fn to_vec(&self) -> Vec<T> {
        let copy = |py: Attached<'_>| {
            if self.is_contiguous() && T::NAME != "bool" {
                // SAFETY: attached; `len` elements lie one after the other, and every pattern of bits is a `T`.
                return unsafe { copy(&py, self.start(), self.len()) };
            }
            let mut vec = Vec::with_capacity(self.len());
            // SAFETY: each address is an element of the view.
            self.each(|at| vec.push(unsafe { T::load(at) }));
            vec
        };
        self.access(copy).unwrap_or_default()
    }

    /// Writes all elements, in row-major order.
    ///
    /// # Errors
    /// [`Error::Argument`] where `values` are not as many as the view has, or the memory is read-only.
    pub fn copy_from(&self, values: &[T]) -> Result<()> {
        if values.len() != self.len() {
            return Err(Error::Argument(format!(
                "expected {} values, found {}",
                self.len(),
                values.len()
            )));
        }
        self.check_writable()?;
        self.access(|_| {
            let mut values = values.iter();
            self.each(|at| {
                if let Some(value) = values.next() {
                    // SAFETY: an element of the view, writable.
                    unsafe { value.store(at) };
                }
            });
        })
    }

    /// Runs `f` attached to the interpreter that the memory belongs to: another may outlive it.
    fn access<R>(&self, f: impl FnOnce(Attached<'_>) -> R) -> Result<R> {
        attach::with(|py| {
            if !std::ptr::eq(py.state(), self.state) {
                return Err(Error::WrongInterpreter);
            }
            Ok(f(py))
        })
    }

    /// The elements in place, where they lie one after the other.
    ///
    /// # Safety
    /// Nobody writes to the memory while the slice lives, and Python is not finalized.
    pub unsafe fn as_slice(&self) -> Option<&[T]> {
        let start = self.start().cast::<T>();
        if !self.is_contiguous() || !start.is_aligned() || T::NAME == "bool" {
            return None;
        }
        if self.len() == 0 {
            return Some(&[]);
        }
        // SAFETY: `len` aligned elements one after the other, which nobody writes, as the caller promises.
        Some(unsafe { std::slice::from_raw_parts(start, self.len()) })
    }

    fn check_writable(&self) -> Result<()> {
        let refuse =
            || Error::Argument("expected a writable buffer, found a read-only one".to_owned());
        self.is_writable().then_some(()).ok_or_else(refuse)
    }

    fn len(&self) -> usize {
        match self.shape.contains(&0) {
            true => 0,
            false => self.shape.iter().product(),
        }
    }

    fn start(&self) -> *mut u8 {
        self.borrowed
            .as_ref()
            .map_or(std::ptr::null_mut(), |borrowed| borrowed.raw().buf.cast())
    }

    fn is_contiguous(&self) -> bool {
        let mut step = size_of::<T>() as isize;
        self.shape
            .iter()
            .zip(&self.strides)
            .rev()
            .all(|(dim, stride)| {
                let fits = *stride == step || *dim <= 1;
                step = step.wrapping_mul(*dim as isize);
                fits
            })
    }

    fn address(&self, index: &[usize]) -> Option<*mut u8> {
        if index.len() != self.shape.len() {
            return None;
        }
        let mut at = self.start();
        for ((index, dim), stride) in index.iter().zip(&self.shape).zip(&self.strides) {
            if index >= dim {
                return None;
            }
            at = at.wrapping_offset(*index as isize * stride);
        }
        Some(at)
    }

    /// Visits the address of each element in row-major order.
    fn each(&self, mut visit: impl FnMut(*mut u8)) {
        if self.len() == 0 {
            return;
        }
        let mut index = vec![0; self.shape.len()];
        let mut at = self.start();
        loop {
            visit(at);
            let mut dim = self.shape.len();
            loop {
                if dim == 0 {
                    return;
                }
                dim -= 1;
                index[dim] += 1;
                at = at.wrapping_offset(self.strides[dim]);
                if index[dim] < self.shape[dim] {
                    break;
                }
                at = at.wrapping_offset(-(self.strides[dim] * self.shape[dim] as isize));
                index[dim] = 0;
            }
        }
    }
}

impl<T> Drop for View<T> {
    fn drop(&mut self) {
        let mut borrowed = self.borrowed.take();
        attach::if_attached(|py| {
            let here = std::ptr::eq(py.state(), self.state);
            if let Some(borrowed) = borrowed.take_if(|_| here) {
                borrowed.release(&py);
            }
        });
        if let Some(borrowed) = borrowed {
            self.state.leave_view(borrowed);
        }
    }
}

impl<T> fmt::Debug for View<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("shape", &self.shape)
            .field("strides", &self.strides)
            .finish_non_exhaustive()
    }
}
