//! Writes the impl. Its input has been judged, so there is nothing left that could be wrong.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Expr, Member, spanned::Spanned};

use super::valid::{Body, Case, Changing, Fold};
use crate::hidden::hidden;

/// For two fields it comes down to this:
///
/// ```text
/// impl Fold for Cart {
///     type Event = CartEvent;
///
///     fn evolve(&mut self, event: &CartEvent) {
///         match event {
///             CartEvent::ItemAdded { item } => {}
///             CartEvent::Emptied { .. } => {}
///         }
///         let change_count: Change<u64> = match event {
///             CartEvent::ItemAdded { .. } => Change::To(value(|| -> u64 { self.count + 1 })),
///             CartEvent::Emptied { .. } => Change::To(value(|| -> u64 { 0 })),
///             _ => Change::None,
///         };
///         let change_items: Change<Vec<String>> = match event {
///             CartEvent::ItemAdded { item } => Change::InPlace(0),
///             CartEvent::Emptied { .. } => Change::To(value(|| -> Vec<String> { vec![] })),
///             _ => Change::None,
///         };
///         if let Change::InPlace(arm) = change_items {
///             match event {
///                 CartEvent::ItemAdded { item } if arm == 0 => {
///                     change(&mut self.items, |items| { items.push(item.clone()); });
///                 }
///                 _ => {}
///             }
///         }
///         if let Change::To(new) = change_count {
///             self.count = new;
///         }
///         if let Change::To(new) = change_items {
///             self.items = new;
///         }
///     }
/// }
/// ```
pub(super) fn expand(fold: &Fold<'_>) -> TokenStream {
    let Fold { ident, event, root, fields, .. } = fold;
    let exhaustive = exhaustive(fold);
    let decide = fields.iter().map(decide);
    let change = fields.iter().filter_map(change_in_place);
    let assign = fields.iter().filter_map(assign);
    let items = quote! {
        #[automatically_derived]
        impl __annals::Fold for #ident {
            type Event = #event;

            fn evolve(&mut self, __event: &#event) {
                #exhaustive
                #(#decide)*
                #(#change)*
                #(#assign)*
            }
        }
    };
    hidden(root, &items)
}

/// A match that does nothing and has no `_`, so that an event which no arm mentions is an error.
///
/// The error points at what is matched on, which is made to be the event type's name. Arms with a
/// guard are in it for the compiler to explain that they do not count.
fn exhaustive(fold: &Fold<'_>) -> TokenStream {
    let span = Span::call_site().located_at(fold.event.span());
    let matched = Ident::new("__event", span);
    let arms = fold.fields.iter().flat_map(|field| &field.arms).map(|arm| {
        let pattern = &arm.pattern;
        let guard = arm.guard.map(|_| quote!(if false));
        quote!(#pattern #guard)
    });
    let arms = arms.chain(fold.ignored.iter().map(ToTokens::to_token_stream));
    quote! {
        #[allow(unused_variables, unreachable_patterns)]
        match #matched {
            #(#arms => {})*
        }
    }
}

/// Which arm applies, and the new value if it is one. The state is still as it was.
fn decide(field: &Changing<'_>) -> TokenStream {
    let (name, ty) = (field.change(), field.ty);
    let arms = field.arms.iter().enumerate().map(|(index, Case { pattern, guard, body })| {
        let guard = guard.map(|guard| quote!(if #guard));
        match body {
            Body::Value(value) => {
                // A block in braces of its own would be warned of.
                let block = match value {
                    Expr::Block(block) if block.label.is_none() => block.to_token_stream(),
                    _ => quote!({ #value }),
                };
                quote! {
                    #pattern #guard => __annals::Change::To(__annals::value(|| -> #ty #block)),
                }
            }
            Body::InPlace(..) => quote! {
                #[allow(unused_variables)]
                #pattern #guard => __annals::Change::InPlace(#index),
            },
        }
    });
    quote! {
        let #name: __annals::Change<#ty> = match __event {
            #(#arms)*
            #[allow(unreachable_patterns)]
            _ => __annals::Change::None,
        };
    }
}

fn change_in_place(field: &Changing<'_>) -> Option<TokenStream> {
    let (name, member) = (field.change(), field.member);
    let arms = field.arms.iter().enumerate().filter_map(|(index, arm)| {
        let Body::InPlace(parameter, body) = arm.body else { return None };
        let pattern = &arm.pattern;
        // What only the guard reads is not read here.
        let allow = arm.guard.map(|_| quote!(#[allow(unused_variables)]));
        Some(quote! {
            #allow
            #pattern if __arm == #index => {
                __annals::change(&mut self.#member, |#parameter| { #body; });
            }
        })
    });
    let arms: Vec<_> = arms.collect();
    (!arms.is_empty()).then(|| {
        quote! {
            if let __annals::Change::InPlace(__arm) = #name {
                match __event {
                    #(#arms)*
                    _ => {}
                }
            }
        }
    })
}

fn assign(field: &Changing<'_>) -> Option<TokenStream> {
    let (name, member) = (field.change(), field.member);
    field.arms.iter().any(|arm| matches!(arm.body, Body::Value(_))).then(|| {
        quote! {
            if let __annals::Change::To(__new) = #name {
                self.#member = __new;
            }
        }
    })
}

impl Changing<'_> {
    /// The variable that holds what the event does to the field.
    fn change(&self) -> Ident {
        match self.member {
            Member::Named(name) => format_ident!("__change_{}", name),
            Member::Unnamed(index) => format_ident!("__change_{}", index),
        }
    }
}
