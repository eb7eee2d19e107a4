//! `#[derive(Fold)]`, in three stages: what was written, whether it is right, and what it means.

mod ast;
mod valid;
mod expand;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::{errors::Errors, fallback};

/// Reads, judges, writes. Whatever is wrong is reported once, where it is wrong.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let written = ast::Written::read(input, &mut errors);
    match valid::check(&written, errors) {
        Ok(fold) => expand::expand(&fold),
        Err(error) => fallback::fold(input, &written.root, written.events.first(), &error),
    }
}
