//! Memory that two sides look at.

use gopyre::{Buffer, Object, Output, Script};
use gopyre_tests::in_child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

#[test]
fn a_view_is_copied_while_others_write_to_it() {
    in_child(|| {
        let code = "
            import array
            array.array('d', [1.0]) * 1001";
        let array: Object = gopyre::exec(code, ()).unwrap();
        let (written, bytes) = (array.view::<f64>().unwrap(), array.view::<f64>().unwrap());
        let over = &AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    for value in [1.0, 2.0] {
                        written.copy_from(&[value; 1001]).unwrap();
                        written.set(&[500], value).unwrap();
                    }
                }
            });
            for _ in 0..2000 {
                let vec = bytes.to_vec();
                assert_eq!(vec.len(), 1001);
                assert!(vec.iter().all(|value| [1.0, 2.0].contains(value)));
                let vec: Vec<f64> = array.extract().unwrap();
                assert!(vec.iter().all(|value| [1.0, 2.0].contains(value)));
            }
            over.store(true, Ordering::Relaxed);
        });
    })
    .succeeds();
}

#[test]
fn a_view_of_what_is_not_aligned_is_copied() {
    let code = "
        import struct
        memoryview(bytearray(b'x' + struct.pack('=3d', 1.5, 2.5, 3.5)))[1:].cast('d')";
    let object: Object = gopyre::exec(code, ()).unwrap();
    let view = object.view::<f64>().unwrap();
    view.set(&[1], 4.5).unwrap();
    assert_eq!(view.to_vec(), [1.5, 4.5, 3.5]);
    assert_eq!(object.extract::<Vec<f64>>().unwrap(), [1.5, 4.5, 3.5]);
}

#[test]
fn what_is_printed_may_change_while_it_is_written() {
    in_child(|| {
        let code = "
            import sys, threading
            data, over = bytearray(b'x' * 5000 + b'\\n'), []
            def change():
                while not over:
                    try:
                        data.append(1)
                        data.pop()
                    except BufferError:
                        pass
            thread = threading.Thread(target=change)
            thread.start()
            for _ in range(2000):
                sys.stdout.buffer.write(data)
            over.append(1)
            thread.join()";
        let script = Script::new(code).unwrap();
        let input = script.input(()).stdout(Output::Null);
        input.exec::<()>().unwrap();
    })
    .succeeds();
}

#[test]
fn dimensions_that_no_address_can_have_are_refused() {
    for dims in [
        &[0, usize::MAX][..],
        &[usize::MAX / 2, 0, 3],
        &[0, 1 << 62, 4],
    ] {
        let error = Buffer::<f64>::from(vec![]).shape(dims).unwrap_err();
        let expected = format!("expected dimensions of 0 elements, found {dims:?}");
        assert_eq!(error.to_string(), expected);
    }
    let buffer = Buffer::<f64>::from(vec![]).shape(&[0, 1000]).unwrap();
    assert_eq!(
        gopyre::exec::<Vec<usize>>("input.shape", &buffer).unwrap(),
        [0, 1000]
    );
}

#[test]
fn the_output_follows_no_route_that_is_no_number() {
    in_child(|| {
        let code = "
            import gc, threading
            thread = threading.Thread(target=print)
            thread.start()
            thread.join()
            follow = [f for f in gc.get_objects() if getattr(f, '__name__', '') == 'follow'][0]
            refused = []
            for number in ('x', None, -1, 2**65):
                try:
                    follow(0, number)
                except (TypeError, OSError) as error:
                    refused.append(type(error).__name__)
            refused";
        let script = Script::new(code).unwrap();
        let input = script.input(()).stdout(Output::Null);
        assert_eq!(input.exec::<Vec<String>>().unwrap(), ["TypeError"; 4]);
    })
    .succeeds();
}

#[test]
fn a_list_that_there_is_no_memory_for_is_a_memory_error() {
    in_child(|| {
        // Without a GIL such a list grows as it is filled, which takes a while.
        if gopyre::Runtime::start().unwrap().version().free_threaded {
            return;
        }
        let bytes = vec![0_u8; 400_000_000];
        gopyre::run("import resource; limit = resource.RLIMIT_AS; resource.setrlimit(limit, (2 << 30, resource.getrlimit(limit)[1]))")
            .unwrap();
        let error = Object::new(&bytes).unwrap_err();
        assert!(
            error.exception().is_some_and(|e| e.is("MemoryError")),
            "{error}"
        );
        assert_eq!(gopyre::exec::<u8>("len(input)", vec![0_u8; 7]).unwrap(), 7);
    })
    .succeeds();
}
