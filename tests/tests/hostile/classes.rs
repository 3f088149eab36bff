//! Rust types as Python classes.

use gopyre::{Interpreter, Runtime, py_export};
use gopyre_tests::in_child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

#[py_export]
mod hostile_classes {
    use gopyre::Object;

    /// A node of a chain.
    pub struct Node {
        next: Option<Object>,
    }

    impl Node {
        pub fn new(#[default(None)] next: Option<Object>) -> Self {
            Node { next }
        }

        #[get]
        pub fn next(&self) -> Option<Object> {
            self.next.clone()
        }

        #[set]
        pub fn set_next(&mut self, next: Option<Object>) {
            self.next = next;
        }

        /// Calls something while the node is borrowed.
        pub fn during(&mut self, f: &Object) -> gopyre::Result<bool> {
            f.call(())?;
            Ok(self.next.is_some())
        }
    }

    /// Holds objects that may be another interpreter's.
    pub struct Foreign {
        held: Vec<Object>,
    }

    impl Foreign {
        pub fn new() -> Foreign {
            let held = super::OBJECTS.lock().unwrap().clone();
            Foreign { held }
        }

        pub fn len(&self) -> usize {
            self.held.len()
        }
    }

    /// As large as a node.
    pub struct Twin {
        text: Option<Object>,
    }

    impl Twin {
        pub fn new() -> Self {
            Twin { text: None }
        }

        #[get]
        pub fn text(&self) -> Option<Object> {
            self.text.clone()
        }
    }

    /// Made of whatever is given by name.
    pub struct Named {
        count: usize,
    }

    impl Named {
        pub fn new(#[kwargs] given: std::collections::HashMap<String, Object>) -> Self {
            Named { count: given.len() }
        }

        #[get]
        pub fn count(&self) -> usize {
            self.count
        }
    }

    /// Uses everything when it goes.
    pub struct Last {
        held: Option<Object>,
    }

    impl Last {
        pub fn new(held: Object) -> Self {
            Last { held: Some(held) }
        }
    }

    impl Drop for Last {
        fn drop(&mut self) {
            let _ = gopyre::exec::<i64>("import json; 1 / 0", ());
            let _ = gopyre::function("f", || 1).and_then(|f| f.call(()));
            let _ = gopyre::attach(|| gopyre::detach(|| gopyre::exec::<i64>("1", ())));
            let _ = gopyre::exec::<Object>("from hostile_classes import Node; Node(Node())", ());
            let thread = std::thread::spawn(|| gopyre::exec::<i64>("6 * 7", ()).is_ok());
            let _ = gopyre::detach(|| thread.join());
            let held = self.held.take();
            let _ = held.as_ref().map(|held| (held.str(), held.call(())));
            std::thread::spawn(move || drop(held)).join().unwrap();
            panic!("in a drop");
        }
    }
}

/// The main interpreter's, for instances of another.
static OBJECTS: Mutex<Vec<gopyre::Object>> = Mutex::new(Vec::new());

#[test]
fn a_long_chain_of_instances_is_let_go_of() {
    in_child(|| {
        let code = "
            from hostile_classes import Node
            chain = None
            for _ in range(50_000):
                chain = Node(chain)
            del chain
            class Sub(Node): pass
            chain = None
            for _ in range(50_000):
                chain = Sub([Node(chain)])
            del chain";
        gopyre::run(code).unwrap();
    })
    .succeeds();
}

#[test]
fn a_long_chain_of_closures_is_let_go_of() {
    in_child(|| {
        let chain = |mut next: gopyre::Object| {
            for _ in 0..100_000 {
                let held = next;
                next = gopyre::function("next", move || held.is_none()).unwrap();
            }
            next
        };
        drop(chain(gopyre::Object::new(()).unwrap()));
        let ring = gopyre::exec::<gopyre::Object>("[]", ()).unwrap();
        let last = chain(ring.clone());
        ring.call_method("append", (&last,)).unwrap();
        drop(last);
        ring.call_method("clear", ()).unwrap();
    })
    .succeeds();
}

#[test]
fn no_instance_is_made_or_used_by_another_class() {
    in_child(|| {
        let code = "
            import copy, pickle
            from hostile_classes import Node, Twin
            class Slots(Node):
                __slots__ = ('a', 'b')
            class Plain: pass
            refused = []
            def refuse(f):
                try:
                    f()
                except (TypeError, RuntimeError) as error:
                    refused.append(type(error).__name__)
                else:
                    refused.append('')
            node = Node()
            def assign(new):
                node.__class__ = new
            def base():
                Plain.__bases__ = (Node,)
            def both():
                class Both(Node, dict): pass
            def other():
                class Both(Node, Exception): pass
            for f in [
                lambda: object.__new__(Node),
                lambda: Node.__new__(Plain),
                lambda: Node.__new__(Node).next,
                lambda: Node.next.__get__(Plain()),
                lambda: Node.__init__(Plain()),
                lambda: assign(Plain),
                lambda: assign(Twin),
                lambda: setattr(Slots, '__bases__', (Twin,)),
                lambda: Twin.text.__get__(node),
                lambda: Node.during(Twin(), print),
                lambda: assign(Slots),
                base, both, other,
                lambda: copy.copy(node),
                lambda: pickle.dumps(node),
            ]:
                refuse(f)
            refused";
        let refused: Vec<String> = gopyre::exec(code, ()).unwrap();
        assert!(refused.iter().all(|name| !name.is_empty()), "{refused:?}");
    })
    .succeeds();
}

#[test]
fn an_instance_may_use_everything_when_it_goes_with_python() {
    in_child(|| {
        let runtime = Runtime::start().unwrap();
        let code = "
            import sys, threading, builtins
            from hostile_classes import Last, Node
            last = Last(len)
            sys.last, builtins.last = Last(Last), Last(object())
            cycle = Node()
            cycle.next = [cycle, Last(cycle)]
            local = threading.local()
            local.last = Last(local)
            Node.last = Last(Node)";
        gopyre::run(code).unwrap();
        let interpreter = Interpreter::new().unwrap();
        interpreter.enter(|| gopyre::run(code)).unwrap().unwrap();
        drop(interpreter);
        runtime.finalize().unwrap();
    })
    .succeeds();
}

#[test]
fn an_object_of_another_interpreter_is_nothing_to_the_collector() {
    in_child(|| {
        let code = "
            class Cycle: pass
            cycle = Cycle()
            cycle.cycle = cycle
            cycle";
        let objects = (0..50).map(|_| gopyre::exec(code, ()).unwrap());
        OBJECTS.lock().unwrap().extend(objects);
        let interpreter = Interpreter::new().unwrap();
        let over = &AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    gopyre::run("import gc; gc.collect()").unwrap();
                }
            });
            let made = interpreter.enter(|| {
                gopyre::run(
                    "
import gc
from hostile_classes import Foreign
foreign = Foreign()
for _ in range(200):
    gc.collect()
    gc.get_referents(foreign)
assert foreign.len() == 50
del foreign
gc.collect()",
                )
            });
            over.store(true, Ordering::Relaxed);
            made.unwrap().unwrap();
        });
    })
    .succeeds();
}

#[test]
fn instances_are_used_collected_and_let_go_of_by_many_threads() {
    in_child(|| {
        let code = "
            import gc, threading, time, weakref
            from hostile_classes import Node
            class Sub(Node):
                def __del__(self):
                    self.next
            shared = [Node() for _ in range(4)]
            end = time.monotonic() + 3
            wrong = []
            def use(number):
                import random
                while time.monotonic() < end:
                    try:
                        node = random.choice(shared)
                        new = random.choice([Node, Sub])(node)
                        new.next = new if number % 2 else [new, node]
                        ref = weakref.ref(new)
                        node.next = random.choice([new, None, ref])
                        node.during(lambda: (ref(), gc.get_referents(node)))
                        shared[random.randrange(4)] = random.choice([Node(), new])
                        if random.random() < 0.01:
                            gc.collect()
                            gc.get_referrers(node)
                    except RuntimeError as error:
                        if 'in use' not in str(error) and 'being changed' not in str(error):
                            wrong.append(str(error))
                    except BaseException as error:
                        wrong.append(repr(error))
            threads = [threading.Thread(target=use, args=[n]) for n in range(6)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            wrong";
        let wrong: Vec<String> = gopyre::exec(code, ()).unwrap();
        assert_eq!(wrong, Vec::<String>::new());
    })
    .succeeds();
}

#[test]
fn keyword_arguments_of_a_constructor_may_change_while_they_are_read() {
    in_child(|| {
        // A thread is given the dict itself.
        let code = "
            import _thread, threading, time
            from hostile_classes import Named
            keywords = {'a%d' % n: object() for n in range(6)}
            def change(end):
                while time.monotonic() < end:
                    for n in range(40): keywords['k%d' % n] = object()
                    for n in range(40): keywords.pop('k%d' % n, None)
            end = time.monotonic() + 2
            thread = threading.Thread(target=change, args=[end])
            thread.start()
            while time.monotonic() < end:
                for _ in range(8):
                    _thread.start_new_thread(Named, (), keywords)
                time.sleep(0.002)
            thread.join()
            Named(**keywords).count";
        assert_eq!(gopyre::exec::<usize>(code, ()).unwrap(), 6);
    })
    .succeeds();
}
