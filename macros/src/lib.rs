//! The derives of Annals: [`Event`](macro@Event) and [`Fold`](macro@Fold).
//!
//! They are part of `annals`, which an application depends on. Whatever they write can be written by
//! hand instead; nothing that decides is ever generated.

mod errors;
mod hidden;
mod fallback;
mod event;
mod fold;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes an enum or a struct an event: gives it stored names, and writes its content as JSON.
///
/// ```
/// use annals::prelude::*;
///
/// #[derive(Debug, PartialEq, Event)]
/// enum AccountEvent {
///     #[event("account-opened")]
///     Opened { owner: String },
///     #[event("account-moved")]
///     Moved(u32, u32),
///     #[event("account-renamed", alias = "owner-changed")]
///     Renamed(String),
///     #[event("account-closed")]
///     Closed,
/// }
///
/// let opened = AccountEvent::Opened { owner: "Ada".into() };
/// assert_eq!(opened.event_type().as_str(), "account-opened");
/// assert_eq!(opened.encode()?.as_bytes(), br#"{"owner":"Ada"}"#);
/// # Ok::<(), annals::EncodeError>(())
/// ```
///
/// # Stored names
///
/// Every variant says under which name it is stored. The name never follows from an identifier, so
/// that renaming a variant is not a migration, and a reviewer sees when one is. It is not empty, has
/// at most 255 bytes and no control characters, and no two variants share one.
///
/// To change a name, keep the old one as an `alias`: events are stored under the name, and read under
/// the name and every alias. There may be several.
///
/// # What is stored
///
/// The payload is the variant's content and nothing else, since its name and version are stored
/// beside it.
///
/// | variant | payload |
/// |---|---|
/// | `Opened { owner: String }` | `{"owner":"Ada"}` |
/// | `Renamed(String)` | `"Ada"`, as the type inside is written |
/// | `Moved(u32, u32)` | `[1,2]` |
/// | `Closed` | `{}`; when it is read, any JSON will do |
///
/// The types of fields implement serde's `Serialize` and `Deserialize`; the event itself need not.
/// What `#[serde(…)]` says on a field is respected. On a variant there may be `rename_all` and
/// `deny_unknown_fields`, above the enum `rename_all_fields` and `deny_unknown_fields`, all with the
/// meaning that serde gives them. What serde knows about tags and names of variants has no place in a
/// payload: it is left to a `Serialize` that is derived for something else.
///
/// ```
/// # use annals::prelude::*;
/// #[derive(Event)]
/// enum AccountEvent {
///     #[event("account-opened")]
///     #[serde(rename_all = "camelCase")]
///     Opened {
///         owner_name: String,
///         #[serde(default, skip_serializing_if = "Option::is_none")]
///         note: Option<String>,
///     },
/// }
///
/// let opened = AccountEvent::Opened { owner_name: "Ada".into(), note: None };
/// assert_eq!(opened.encode()?.as_bytes(), br#"{"ownerName":"Ada"}"#);
/// # Ok::<(), annals::EncodeError>(())
/// ```
///
/// # Versions
///
/// A change that old payloads do not survive makes a new version. `version` is the present one, 1 if
/// it is left out, and `upcast` has one function for each version before it, which takes a payload of
/// that version to the next: a path or a closure of type `fn(Value) -> Result<Value, UpcastError>`.
/// Only old payloads meet it, those of the present version go straight from the bytes into the variant.
///
/// ```
/// use annals::{SchemaVersion, UpcastError, prelude::*};
/// use serde_json::{Value, json};
///
/// #[derive(Debug, PartialEq, Event)]
/// enum AccountEvent {
///     #[event("money-withdrawn", version = 2, upcast(1 = euros_to_cents))]
///     Withdrawn { cents: u64 },
/// }
///
/// /// Version 1 counted whole euros.
/// fn euros_to_cents(payload: Value) -> Result<Value, UpcastError> {
///     let euros = payload["euros"].as_u64().ok_or_else(|| UpcastError::new("no euros"))?;
///     Ok(json!({ "cents": euros * 100 }))
/// }
///
/// let written = r#"{"euros":2}"#.into();
/// let old = AccountEvent::decode("money-withdrawn", SchemaVersion::FIRST, &written)?;
/// assert_eq!(old, Some(AccountEvent::Withdrawn { cents: 200 }));
/// # Ok::<(), annals::DecodeError>(())
/// ```
///
/// # Structs, and enums of enums
///
/// A struct is an event like a variant. A variant that is `nested` holds another event type, so that
/// one reader can follow several aggregates; what is inside is stored as if it stood alone.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event)]
/// # enum AccountEvent { #[event("account-opened")] Opened }
/// #[derive(Event)]
/// #[event("day-ended")]
/// struct DayEnded {
///     takings: u64,
/// }
///
/// #[derive(Event)]
/// enum BankEvent {
///     #[event(nested)]
///     Account(AccountEvent),
///     #[event(nested)]
///     DayEnded(DayEnded),
///     #[event("bank-closed")]
///     Closed,
/// }
///
/// let opened = BankEvent::Account(AccountEvent::Opened);
/// assert_eq!(opened.event_type().as_str(), "account-opened");
/// ```
///
/// # All there is
///
/// | attribute | where | meaning |
/// |---|---|---|
/// | `#[event("name")]` | variant, struct | the stored name; required unless it is `nested` |
/// | `alias = "name"` | beside a name | a name it was stored under before; any number of them |
/// | `version = 2` | beside a name | the schema version, 1 unless given |
/// | `upcast(1 = function)` | beside a version | a function from each older version to the next |
/// | `#[event(nested)]` | variant of one unnamed field | the events of that type |
/// | `#[event(crate = path)]` | enum, struct | where `annals` is, if it is not `::annals` |
///
/// An event has no type parameters and no lifetimes: what is stored has one shape.
#[proc_macro_derive(Event, attributes(event, serde))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    event::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a fold: each field says which events change it, and to what.
///
/// ```
/// use annals::prelude::*;
///
/// #[derive(Event)]
/// enum CartEvent {
///     #[event("item-added")]
///     Added { item: String, price: u64 },
///     #[event("discount-granted")]
///     Discounted { percent: u64 },
///     #[event("cart-emptied")]
///     Emptied,
///     #[event("cart-viewed")]
///     Viewed,
/// }
///
/// #[derive(Debug, Default, PartialEq, Fold)]
/// #[fold(CartEvent, ignore(Viewed))]
/// struct Cart {
///     #[fold(Added { price, .. } => self.total + price, Emptied => 0)]
///     total: u64,
///     #[fold(Added { item, .. } => |items| items.push(item.clone()))]
///     #[fold(Emptied => Vec::new())]
///     items: Vec<String>,
///     #[fold(Discounted { percent } => self.discount.max(*percent))]
///     discount: u64, // percent
/// }
///
/// let mut cart = Cart::default();
/// cart.evolve(&CartEvent::Added { item: "tea".into(), price: 3 });
/// cart.evolve(&CartEvent::Discounted { percent: 10 });
/// cart.evolve(&CartEvent::Discounted { percent: 5 });
/// assert_eq!(cart, Cart { total: 3, items: vec!["tea".into()], discount: 10 });
/// ```
///
/// # Arms
///
/// The arms of a field are those of a `match` on a reference to the event, without the enum's name:
///
/// - Bindings are references. A bare name, `Emptied`, fits any variant of that name, whatever its
///   content.
/// - `Added { item, .. } | Removed { item } => …` and guards, `… if *price > 0 => …`, work as in a
///   `match`. The first arm that fits is taken; if none does, the field stays as it is.
/// - Arms may be spread over several `#[fold(…)]`. A field that nothing changes has none.
/// - For an event type made of others: `Account(AccountEvent::Opened { owner }) => …`.
///
/// There are two kinds:
///
/// - `pattern => value`: the field's **new value**. It can use all of `self`, as it was before the
///   event.
/// - `pattern => |items| …`: changes the field **in place**, through the one parameter, which is a
///   `&mut` to it. For collections.
///
/// An arm changes its own field and no other: an arm that assigns to `self.other` does not compile. A
/// `return` leaves the arm, not the fold.
///
/// # Order
///
/// 1. For every field it is decided which arm applies, guards included, and all new values are
///    computed: from the state before the event, whatever the order of fields.
/// 2. Fields are changed in place, in the order in which they stand in the struct. An arm of this kind
///    that reads another field of this kind sees what was done to those above it.
/// 3. The new values are assigned.
///
/// # Every event is mentioned
///
/// Together, the arms of all fields and the patterns in `ignore` have to cover the event type as the
/// arms of a `match` do, and there is no `_`. So a variant that is added later does not compile until
/// somebody has decided what it changes:
///
/// ```text
/// error[E0004]: non-exhaustive patterns: `&CartEvent::Viewed` not covered
///  --> src/cart.rs:3:8
///   |
/// 3 | #[fold(CartEvent)]
///   |        ^^^^^^^^^ pattern `&CartEvent::Viewed` not covered
/// ```
///
/// Name it above the field that it changes, or in `ignore`. As in a `match`, an arm with a guard does
/// not count: if nothing else mentions the variant, ignore it, which then means "otherwise".
///
/// # All there is
///
/// | attribute | where | meaning |
/// |---|---|---|
/// | `#[fold(CartEvent)]` | struct | the event type, an enum; required |
/// | `#[fold(ignore(Viewed, Added { price: 0, .. }))]` | struct | patterns that change nothing |
/// | `#[fold(crate = path)]` | struct | where `annals` is, if it is not `::annals` |
/// | `#[fold(pattern => value)]` | field | its new value |
/// | `#[fold(pattern => \|field\| change)]` | field | how it changes in place |
///
/// The struct may have named fields, unnamed ones or none. It implements `Default`, which is the state
/// before the first event, and it has no type parameters and no lifetimes.
#[proc_macro_derive(Fold, attributes(fold))]
pub fn derive_fold(input: TokenStream) -> TokenStream {
    fold::derive(&parse_macro_input!(input as DeriveInput)).into()
}

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_quote};

    #[test]
    fn a_crate_that_calls_annals_otherwise_is_never_asked_for_it() {
        let event: DeriveInput = parse_quote! {
            #[event(crate = renamed)]
            enum AccountEvent {
                #[event("account-opened")]
                Opened { owner: String },
                #[event("account-closed")]
                Closed,
                #[event(nested)]
                Other(OtherEvent),
            }
        };
        let fold: DeriveInput = parse_quote! {
            #[fold(AccountEvent, crate = renamed, ignore(Closed, Other))]
            struct Account {
                #[fold(Opened { owner } => Some(owner.clone()))]
                owner: Option<String>,
            }
        };
        let mistaken: DeriveInput = parse_quote! {
            #[event(crate = renamed)]
            enum Empty {}
        };
        for expanded in [
            crate::event::derive(&event).to_string(),
            crate::fold::derive(&fold).to_string(),
            crate::event::derive(&mistaken).to_string(),
        ] {
            assert!(expanded.contains("renamed :: __private_0_1"), "{expanded}");
            assert!(!expanded.contains(":: annals"), "{expanded}");
        }
    }
}
