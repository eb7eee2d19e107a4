//! What is written for bad input: the error, and an impl that does nothing.
//!
//! Without the impl, everything that uses the type would be an error, too.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Path};

use crate::hidden::hidden;

/// For an event.
pub(crate) fn event(input: &DeriveInput, root: &Path, error: &Error) -> TokenStream {
    let ident = &input.ident;
    let stub = quote! {
        impl __annals::Event for #ident {
            const NAMES: &'static [&'static str] = &[];

            fn event_type(&self) -> __annals::EventType {
                ::core::unreachable!()
            }

            fn schema_version(&self) -> __annals::SchemaVersion {
                ::core::unreachable!()
            }

            fn encode(
                &self,
            ) -> ::core::result::Result<__annals::Payload, __annals::EncodeError> {
                ::core::unreachable!()
            }

            fn decode(
                _: &str,
                _: __annals::SchemaVersion,
                _: &__annals::Payload,
            ) -> ::core::result::Result<::core::option::Option<Self>, __annals::DecodeError> {
                ::core::unreachable!()
            }
        }
    };
    with_stub(input, root, error, &stub)
}

/// For a fold, if at least its event is known. A union could not be one: it has no `Default`.
pub(crate) fn fold(
    input: &DeriveInput,
    root: &Path,
    event: Option<&Path>,
    error: &Error,
) -> TokenStream {
    let ident = &input.ident;
    let event = event.filter(|_| !matches!(input.data, Data::Union(_)));
    let stub = event.map(|event| {
        quote! {
            impl __annals::Fold for #ident {
                type Event = #event;

                fn evolve(&mut self, _: &#event) {}
            }
        }
    });
    with_stub(input, root, error, &stub.unwrap_or_default())
}

fn with_stub(input: &DeriveInput, root: &Path, error: &Error, stub: &TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    // A generic type would need bounds to be either, and has been refused for being generic.
    if stub.is_empty() || !input.generics.params.is_empty() {
        return error;
    }
    let stub = hidden(root, stub);
    quote!(#error #stub)
}
