//! The guide, `docs/guide.md`: its program works, and it shows all of it.

/// The program, with its own tests.
#[path = "../../examples/guide/main.rs"]
#[allow(dead_code, reason = "the example uses it")]
mod program;

mod first;
mod shown;
