//! Rust types as Python classes.

use gopyre::py_export;
use gopyre_tests::in_child;

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
    }
}

#[test]
fn a_long_chain_of_instances_is_let_go_of() {
    in_child(|| {
        let code = "
            from hostile_classes import Node
            chain = None
            for _ in range(300_000):
                chain = Node(chain)
            del chain
            class Sub(Node): pass
            chain = None
            for _ in range(300_000):
                chain = Sub([Node(chain)])
            del chain";
        gopyre::run(code).unwrap();
    })
    .succeeds();
}

#[test]
fn no_instance_is_made_or_used_by_another_class() {
    in_child(|| {
        let code = "
            import copy, pickle
            from hostile_classes import Node
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
