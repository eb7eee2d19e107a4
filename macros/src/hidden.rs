//! Where generated code lives: next to the user's, and out of its sight.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Path, Result, Token, parse::ParseStream, parse_quote};

/// The crate through which generated code reaches the hidden module, unless `crate = …` says so.
pub(crate) fn default_root() -> Path {
    parse_quote!(::annals)
}

/// The `= path` after `crate`.
pub(crate) fn root(input: ParseStream<'_>) -> Result<Path> {
    input.parse::<Token![=]>()?;
    Path::parse_mod_style(input)
}

/// `items`, which see all that the user's code sees, and `__annals` besides.
///
/// Whatever is named in them begins with two underscores: even a variable cannot be called `event`
/// where the user has a constant of that name.
pub(crate) fn hidden(root: &Path, items: &TokenStream) -> TokenStream {
    quote! {
        #[allow(dead_code, deprecated, non_camel_case_types, unused_qualifications)]
        const _: () = {
            use #root::__private_0_1 as __annals;
            #items
        };
    }
}
