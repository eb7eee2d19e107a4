//! Writes the impl. Its input has been judged, so there is nothing left that could be wrong.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::{
    mirror,
    valid::{Event, Events, Kind, Stored},
};
use crate::hidden::hidden;

/// For two variants it comes down to this:
///
/// ```text
/// impl Event for AccountEvent {
///     const NAMES: &[&str] = &["account-opened", "account-closed"];
///
///     fn event_type(&self) -> EventType {
///         match self {
///             Self::Opened { .. } => const { EventType::new("account-opened") },
///             Self::Closed { .. } => const { EventType::new("account-closed") },
///         }
///     }
///
///     fn schema_version(&self) -> SchemaVersion {
///         match self {
///             Self::Opened { .. } => const { version(1) },
///             Self::Closed { .. } => const { version(1) },
///         }
///     }
///
///     fn encode(&self) -> Result<Payload, EncodeError> {
///         match self {
///             Self::Closed { .. } => Ok("{}".into()),
///             _ => encode(self.event_type(), |serializer| __Written::serialize(self, serializer)),
///         }
///     }
///
///     fn decode(name: &str, version: SchemaVersion, payload: &Payload)
///         -> Result<Option<Self>, DecodeError>
///     {
///         match name {
///             "account-opened" => decode::<__Read_Opened, Self>(
///                 name, version, payload, version(1), &[],
///                 |read| Self::Opened { owner: read.owner },
///             ),
///             "account-closed" => decode::<IgnoredAny, Self>(
///                 name, version, payload, version(1), &[],
///                 |_| Self::Closed {},
///             ),
///             _ => Ok(None),
///         }
///     }
/// }
/// ```
pub(super) fn expand(events: &Events<'_>) -> TokenStream {
    let ident = events.ident;
    let variants = &events.variants;

    let written = mirror::written(events);
    let reads = variants.iter().filter_map(|event| mirror::read(event, ident));
    let distinct = distinct(events);
    let names = names(events);
    let event_types = variants.iter().map(event_type);
    let schema_versions = variants.iter().map(schema_version);
    let encodes = variants.iter().filter_map(encode);
    let encode_content = written.is_some().then(|| {
        quote! {
            _ => __annals::encode(
                <Self as __annals::Event>::event_type(self),
                |__serializer| __Written::serialize(self, __serializer),
            ),
        }
    });
    let decodes = variants.iter().filter_map(decode);
    let decodes_nested = variants.iter().filter_map(decode_nested);

    let items = quote! {
        #written
        #(#reads)*
        #distinct

        #[automatically_derived]
        impl __annals::Event for #ident {
            const NAMES: &'static [&'static str] = #names;

            fn event_type(&self) -> __annals::EventType {
                match self {
                    #(#event_types)*
                }
            }

            fn schema_version(&self) -> __annals::SchemaVersion {
                match self {
                    #(#schema_versions)*
                }
            }

            fn encode(&self) -> ::core::result::Result<__annals::Payload, __annals::EncodeError> {
                match self {
                    #(#encodes)*
                    #encode_content
                }
            }

            fn decode(
                __name: &str,
                __version: __annals::SchemaVersion,
                __payload: &__annals::Payload,
            ) -> ::core::result::Result<::core::option::Option<Self>, __annals::DecodeError> {
                match __name {
                    #(#decodes)*
                    _ => {
                        #(#decodes_nested)*
                        ::core::result::Result::Ok(::core::option::Option::None)
                    }
                }
            }
        }
    };
    hidden(events.root, &items)
}

impl Stored<'_> {
    /// Everything it was ever stored under.
    fn names(&self) -> impl Iterator<Item = &LitStr> {
        std::iter::once(self.name).chain(self.aliases)
    }
}

/// The names of the enum itself, and then those of each type nested in it.
fn parts(events: &Events<'_>) -> Vec<TokenStream> {
    let own = events.variants.iter().filter_map(|event| match &event.kind {
        Kind::Stored(stored) => Some(stored.names()),
        Kind::Nested(_) => None,
    });
    let own = own.flatten();
    let nested = events.variants.iter().filter_map(|event| match &event.kind {
        Kind::Stored(_) => None,
        Kind::Nested(ty) => Some(quote!(<#ty as __annals::Event>::NAMES)),
    });
    std::iter::once(quote!(&[#(#own),*])).chain(nested).collect()
}

fn names(events: &Events<'_>) -> TokenStream {
    match parts(events).as_slice() {
        [own] => own.clone(),
        parts => quote! {{
            const __PARTS: &[&[&str]] = &[#(#parts),*];
            const __NAMES: [&str; __annals::count(__PARTS)] = __annals::join(__PARTS);
            &__NAMES
        }},
    }
}

/// What the names of nested events are is not known here: the compiler is told to compare them.
fn distinct(events: &Events<'_>) -> TokenStream {
    let parts = parts(events);
    let nested = events.variants.iter().filter(|event| matches!(event.kind, Kind::Nested(_)));
    let checks = (1..).zip(nested).map(|(part, event)| {
        let (taken, names) = (&parts[..part], &parts[part]);
        quote_spanned! {event.ident.span()=>
            const _: () = __annals::check_nested(#names, &[#(#taken),*]);
        }
    });
    checks.collect()
}

fn event_type(event: &Event<'_>) -> TokenStream {
    let path = &event.path;
    match &event.kind {
        Kind::Nested(ty) => quote! {
            #path(__event) => <#ty as __annals::Event>::event_type(__event),
        },
        Kind::Stored(Stored { name, .. }) => quote! {
            #path { .. } => const { __annals::EventType::new(#name) },
        },
    }
}

fn schema_version(event: &Event<'_>) -> TokenStream {
    let path = &event.path;
    match &event.kind {
        Kind::Nested(ty) => quote! {
            #path(__event) => <#ty as __annals::Event>::schema_version(__event),
        },
        Kind::Stored(Stored { version, .. }) => quote! {
            #path { .. } => const { __annals::version(#version) },
        },
    }
}

/// How an event without content of its own is written.
fn encode(event: &Event<'_>) -> Option<TokenStream> {
    let path = &event.path;
    match &event.kind {
        Kind::Nested(ty) => Some(quote! {
            #path(__event) => <#ty as __annals::Event>::encode(__event),
        }),
        Kind::Stored(_) if event.has_content() => None,
        Kind::Stored(_) => Some(quote! {
            #path { .. } => ::core::result::Result::Ok(::core::convert::From::from("{}")),
        }),
    }
}

fn decode(event: &Event<'_>) -> Option<TokenStream> {
    let Kind::Stored(stored) = &event.kind else { return None };
    let path = &event.path;
    let names = stored.names();
    let (version, upcasts) = (stored.version, &stored.upcasts);
    let read = if event.has_content() {
        let name = mirror::read_name(event);
        quote!(#name)
    } else {
        // Whatever the content was, there is nothing to be kept of it.
        quote!(__annals::serde::de::IgnoredAny)
    };
    let fields = event.fields.members().map(|field| quote!(#field: __read.#field));
    Some(quote! {
        #(#names)|* => {
            const __UPCASTS: &[__annals::Upcast] = &[#(#upcasts),*];
            __annals::decode::<#read, Self>(
                __name,
                __version,
                __payload,
                const { __annals::version(#version) },
                __UPCASTS,
                |__read| #path { #(#fields),* },
            )
        }
    })
}

fn decode_nested(event: &Event<'_>) -> Option<TokenStream> {
    let Kind::Nested(ty) = event.kind else { return None };
    let path = &event.path;
    Some(quote! {
        if let ::core::option::Option::Some(__event) =
            <#ty as __annals::Event>::decode(__name, __version, __payload)?
        {
            return ::core::result::Result::Ok(::core::option::Option::Some(#path(__event)));
        }
    })
}
