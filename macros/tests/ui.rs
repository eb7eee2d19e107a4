//! What the derives accept, and how they refuse the rest. Read every `.stderr` as prose.

#[test]
fn the_derives_accept_every_form_and_refuse_every_mistake() {
    let cases = trybuild::TestCases::new();
    for derive in ["event", "fold"] {
        cases.pass(format!("tests/ui/{derive}/pass/*.rs"));
        cases.compile_fail(format!("tests/ui/{derive}/fail/*.rs"));
    }
}
