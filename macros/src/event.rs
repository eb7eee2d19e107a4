//! `#[derive(Event)]`, in three stages: what was written, whether it is right, and what it means.

mod ast;
mod serde;
mod valid;
mod mirror;
mod expand;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::{errors::Errors, fallback};

/// Reads, judges, writes. Whatever is wrong is reported once, where it is wrong.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let written = ast::Written::read(input, &mut errors);
    match valid::check(&written, errors) {
        Ok(events) => expand::expand(&events),
        Err(error) => fallback::event(input, &written.root, &error),
    }
}
