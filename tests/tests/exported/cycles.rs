//! Reference cycles that go through Rust values.

use crate::{gives, holds};
use gopyre::py_export;
use gopyre_tests::in_child;
use std::sync::atomic::{AtomicUsize, Ordering};

static DROPPED: AtomicUsize = AtomicUsize::new(0);

#[py_export]
mod cycles {
    use super::{DROPPED, Ordering};
    use gopyre::Object;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    #[derive(Default)]
    pub struct Node {
        #[get]
        #[set]
        next: Option<Object>,
        #[get]
        #[set]
        list: Vec<Object>,
        #[get]
        #[set]
        map: BTreeMap<String, Object>,
        #[get]
        #[set]
        nested: Option<Vec<(i64, Object)>>,
        locked: Mutex<Option<Object>>,
        numbers: Vec<u64>,
    }

    impl Node {
        pub fn new() -> Self {
            let mut node = Node::default();
            node.numbers.push(7);
            node
        }
        pub fn lock(&self, object: &Object) {
            *self.locked.lock().unwrap() = Some(object.clone());
        }
        /// Collects while it is in use.
        pub fn collect(&mut self, gc: &Object) -> gopyre::Result<i64> {
            gc.call_method("collect", ())?.extract()
        }
    }

    impl Drop for Node {
        fn drop(&mut self) {
            // What holds no object is as it was when the collector let go of the others.
            DROPPED.fetch_add(self.numbers.len(), Ordering::Relaxed);
        }
    }
}

/// How many values are dropped by a script that leaves them in cycles. To be called in a process of its own: while another
/// thread collects, `gc.collect()` does nothing in a build without the GIL.
fn dropped(code: &str) -> usize {
    let before = DROPPED.load(Ordering::Relaxed);
    gives::<()>(&format!(
        "import gc\nfrom cycles import Node\ngc.collect()\n{code}\ngc.collect()\nNone"
    ));
    DROPPED.load(Ordering::Relaxed) - before
}

#[test]
fn a_cycle_through_any_field_is_collected() {
    in_child(|| {
        for field in [
            "next = n",
            "list = [1, n]",
            "map = {'k': n}",
            "nested = [(1, n)]",
            "lock(n)",
        ] {
            let code = format!("n = Node()\nn.{field}\ndel n");
            assert_eq!(dropped(&code), 1, "{field}");
        }
    })
    .succeeds();
}

#[test]
fn a_cycle_through_python_is_collected() {
    in_child(|| {
        let through_a_list =
            "n = Node(); held = [n]; held.append(held); n.next = held; del n, held";
        let through_a_dict = "n = Node(); held = {'n': n}; n.map = {'d': held}; del n, held";
        let through_a_subclass =
            "class Sub(Node): pass\nn = Sub(); n.own = n; n.next = n; n.cls = Sub; del n, Sub";
        for code in [through_a_list, through_a_dict, through_a_subclass] {
            assert_eq!(dropped(code), 1, "{code}");
        }
        let ring = "
nodes = [Node() for _ in range(100)]
for a, b in zip(nodes, nodes[1:] + nodes[:1]):
    a.next = b
del nodes, a, b";
        assert_eq!(dropped(ring), 100);
    })
    .succeeds();
}

#[test]
fn what_is_still_reached_stays() {
    holds(
        "import gc, weakref\n\
         from cycles import Node\n\
         n = Node()\n\
         n.next, n.list = n, [n, 'text']\n\
         seen = weakref.ref(n)\n\
         for _ in range(3): gc.collect()\n\
         n.next is n and n.list[1] == 'text' and seen() is n",
    );
}

#[test]
fn the_collector_may_run_while_a_value_is_in_use() {
    holds(
        "import gc\n\
         from cycles import Node\n\
         n = Node()\n\
         n.next = n\n\
         n.collect(gc)\n\
         n.next is n",
    );
}
