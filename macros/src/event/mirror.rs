//! The user's type once more, for serde to derive on: serde's attributes then mean what they always
//! mean, and the user's type need not be anything to serde.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Fields, Ident, ext::IdentExt};

use super::{
    serde::is_serde,
    valid::{Event, Events, Kind, Stored},
};

/// The whole type, to derive `Serialize` on. As a *remote* of the user's it borrows each field where
/// it is, so that a function named in `with` is given what it expects. `untagged`, since the payload
/// is the content and nothing else.
///
/// `None` if no event has content of its own.
pub(super) fn written(events: &Events<'_>) -> Option<TokenStream> {
    let ident = events.ident;
    let remote = ident.to_string();
    let derive = quote! {
        #[derive(__annals::serde::Serialize)]
        #[serde(crate = "__annals::serde", remote = #remote)]
    };
    match events.variants.as_slice() {
        variants if !variants.iter().any(Event::has_content) => None,
        [event] if !events.is_enum => {
            let (rename_all, body, end) = (event.rename_all(), event.body(ident), event.end());
            Some(quote!(#derive #rename_all struct __Written #body #end))
        }
        variants => {
            let variants = variants.iter().map(|event| {
                let (name, body) = (event.ident, event.body(ident));
                let attr = match event.kind {
                    Kind::Nested(_) => Some(quote!(#[serde(skip)])),
                    Kind::Stored(_) => event.rename_all(),
                };
                quote!(#attr #name #body)
            });
            Some(quote!(#derive #[serde(untagged)] enum __Written { #(#variants,)* }))
        }
    }
}

/// The content of one event, to derive `Deserialize` on. An enum would have to find out which
/// variant it is, which is known by then.
///
/// `None` if it has none of its own.
pub(super) fn read(event: &Event<'_>, of: &Ident) -> Option<TokenStream> {
    if !event.has_content() {
        return None;
    }
    // Serde would say "expected struct __Read_Opened".
    let expecting = format!("the content of {}", event.ident.unraw());
    let (name, rename_all, body, end) =
        (read_name(event), event.rename_all(), event.body(of), event.end());
    let deny_unknown_fields = match &event.kind {
        Kind::Stored(Stored { deny_unknown_fields: true, .. }) => {
            Some(quote!(#[serde(deny_unknown_fields)]))
        }
        _ => None,
    };
    Some(quote! {
        #[derive(__annals::serde::Deserialize)]
        #[serde(crate = "__annals::serde", expecting = #expecting)]
        #rename_all
        #deny_unknown_fields
        struct #name #body #end
    })
}

/// The name of that type.
pub(super) fn read_name(event: &Event<'_>) -> Ident {
    format_ident!("__Read_{}", event.ident)
}

impl Event<'_> {
    /// Whether there is anything to write: a unit has no content, and a nested event its own.
    pub(super) fn has_content(&self) -> bool {
        matches!(self.kind, Kind::Stored(_)) && !matches!(self.fields, Fields::Unit)
    }

    /// Its fields in their brackets, with what serde is to know about them.
    fn body(&self, of: &Ident) -> Option<TokenStream> {
        let fields = self.fields.iter().map(|field| {
            let attrs = field.attrs.iter().filter(|attr| is_serde(attr));
            let name = field.ident.iter();
            let ty = without_self(field.ty.to_token_stream(), of);
            quote!(#(#attrs)* #(#name:)* #ty)
        });
        match self.fields {
            Fields::Named(_) => Some(quote!({ #(#fields,)* })),
            Fields::Unnamed(_) => Some(quote!((#(#fields,)*))),
            Fields::Unit => None,
        }
    }

    /// What ends a struct of such fields.
    fn end(&self) -> Option<TokenStream> {
        match self.fields {
            Fields::Named(_) => None,
            _ => Some(quote!(;)),
        }
    }

    fn rename_all(&self) -> Option<TokenStream> {
        match &self.kind {
            Kind::Stored(Stored { rename_all: Some(case), .. }) => {
                Some(quote!(#[serde(rename_all #case)]))
            }
            _ => None,
        }
    }
}

/// `Self` would be the mirror. It is the user's type that is meant.
fn without_self(ty: TokenStream, of: &Ident) -> TokenStream {
    let tokens = ty.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => TokenTree::Ident(of.clone()),
        TokenTree::Group(group) => {
            let inside = without_self(group.stream(), of);
            let mut renamed = Group::new(group.delimiter(), inside);
            renamed.set_span(group.span());
            TokenTree::Group(renamed)
        }
        other => other,
    });
    tokens.collect()
}
