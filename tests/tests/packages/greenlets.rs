//! Greenlets, which exchange the stack under Rust's feet.

use crate::venvs::Packages;
use crate::{VENV, scenario};
use gopyre::{Module, Object, Script, exec};
use gopyre_tests::in_child;
use std::sync::LazyLock;

#[test]
fn greenlets_switch_inside_calls_of_rust() {
    static GREENLET: LazyLock<Packages> =
        LazyLock::new(|| Packages::make("greenlet", &["greenlet"]));
    let child = in_child(|| {
        scenario(|| {
            Module::new("host")
                .function("call", |f: Object| f.call(())?.extract::<Object>())
                .register()?;
            let script = Script::new(
                "
                import greenlet, host
                order = []
                def one():
                    order.append('one')
                    host.call(lambda: two.switch())
                    order.append('one again')
                def other():
                    order.append('two')
                    host.call(lambda: one.switch())
                    order.append('two again')
                one, two = greenlet.greenlet(one), greenlet.greenlet(other)
                one.switch()
                two.switch()
                order
                ",
            )?;
            for _ in 0..20 {
                let order: Vec<String> = script.exec(())?;
                assert_eq!(order, ["one", "two", "one again", "two again"]);
            }
            assert_eq!(exec::<i64>("1", ())?, 1);
            Ok(())
        });
    });
    if GREENLET.has("greenlet") {
        child.env(VENV, &GREENLET.dir).succeeds();
    }
}
