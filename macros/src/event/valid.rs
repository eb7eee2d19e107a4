//! Judges what was written, and keeps of it what is right: there is no other way to the next stage.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use proc_macro2::TokenStream;
use syn::{Expr, Fields, Ident, LitInt, LitStr, Path, Result, Type, parse_quote};

use super::{
    ast::{Attrs, Form, Step, Upcast, Variant, Written},
    serde,
};
use crate::errors::Errors;

/// An event type that can be written down and read back.
pub(super) struct Events<'a> {
    pub(super) ident: &'a Ident,
    pub(super) root: &'a Path,
    pub(super) is_enum: bool,
    /// One, of the same name, if it is a struct.
    pub(super) variants: Vec<Event<'a>>,
}

pub(super) struct Event<'a> {
    pub(super) ident: &'a Ident,
    /// `Self::Opened`, or `Self` if it is a struct.
    pub(super) path: Path,
    pub(super) fields: &'a Fields,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    /// Another event type, which knows how to write itself down.
    Nested(&'a Type),
    Stored(Stored<'a>),
}

pub(super) struct Stored<'a> {
    pub(super) name: &'a LitStr,
    pub(super) aliases: &'a [LitStr],
    pub(super) version: u16,
    /// The steps from version 1 to 2, from 2 to 3 and so on, up to `version`.
    pub(super) upcasts: Vec<&'a Expr>,
    pub(super) rename_all: Option<&'a TokenStream>,
    pub(super) deny_unknown_fields: bool,
}

/// The longest a stored name may be, in bytes. Source: `MAX_NAME_BYTES` of `annals-core`, whose
/// `EventType::new` checks generated code once more.
const MAX_NAME_BYTES: usize = 255;

/// What `written` means, or everything that is wrong with it and was found before.
pub(super) fn check<'a>(written: &'a Written<'a>, errors: Errors) -> Result<Events<'a>> {
    let mut judge = Judge { written, errors, names: HashMap::new() };
    judge.form();
    let variants = written.variants.iter().filter_map(|variant| judge.variant(variant)).collect();
    let is_enum = matches!(written.form, Form::Enum);
    let events = Events { ident: written.ident, root: &written.root, is_enum, variants };
    judge.errors.finish(events)
}

struct Judge<'a> {
    written: &'a Written<'a>,
    errors: Errors,
    /// The names seen so far, with the variants that have them.
    names: HashMap<String, &'a Ident>,
}

impl<'a> Judge<'a> {
    fn form(&mut self) {
        let Written { ident, generics, form, variants, attrs, .. } = self.written;
        if !generics.params.is_empty() {
            let message =
                "an event cannot be generic: what is stored has one shape, so name the types";
            self.errors.at(generics, message);
        }
        if let Form::Union(keyword) = form {
            let message = "a union cannot be an event: write an enum, with a variant for each";
            self.errors.at(keyword, message);
        }
        if let Form::Enum = form
            && variants.is_empty()
        {
            self.errors.at(ident, "an enum of events needs at least one variant");
        }
        self.refuse(attrs, "this belongs on a variant: the enum itself is not stored");
        if let Some(nested) = &attrs.nested {
            self.errors.at(nested, "`nested` belongs on the variant that holds another event type");
        }
    }

    fn variant(&mut self, variant: &'a Variant<'a>) -> Option<Event<'a>> {
        let Variant { ident, fields, .. } = *variant;
        for attr in fields.iter().flat_map(|field| &field.attrs) {
            if attr.path().is_ident("event") {
                let message = "`#[event(…)]` belongs above a variant or a struct: fields have none";
                self.errors.at(attr, message);
            }
        }
        let attrs = variant.attrs.as_ref()?;
        if let (Form::Enum, Some((key, _))) = (&self.written.form, &attrs.root) {
            self.errors
                .at(key, "`crate = …` belongs above the enum: there is one for all variants");
        }
        let kind = match &attrs.nested {
            Some(key) => Kind::Nested(self.nested(variant, attrs, key)?),
            None => Kind::Stored(self.stored(variant, attrs)?),
        };
        let path = match self.written.form {
            Form::Enum => parse_quote!(Self::#ident),
            _ => parse_quote!(Self),
        };
        Some(Event { ident, path, fields, kind })
    }

    fn nested(&mut self, variant: &Variant<'a>, attrs: &Attrs, key: &Ident) -> Option<&'a Type> {
        let Variant { ident, fields, .. } = variant;
        if let Form::Struct = self.written.form {
            self.errors.at(key, "only a variant can be nested: give the struct a stored name");
        }
        self.refuse(attrs, "a nested event has its own: write `#[event(nested)]` and no more");
        for attr in fields.iter().flat_map(|field| &field.attrs) {
            if serde::is_serde(attr) {
                self.errors.at(attr, "a nested event is written as it says itself: remove this");
            }
        }
        match fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().map(|field| &field.ty)
            }
            _ => {
                let message =
                    format!("a nested event is one type in parentheses: `{ident}(ItsEvent)`");
                self.errors.at(ident, message);
                None
            }
        }
    }

    fn stored(&mut self, variant: &'a Variant<'a>, attrs: &'a Attrs) -> Option<Stored<'a>> {
        let ident = variant.ident;
        if attrs.name.is_none() {
            let message = format!(
                "`{ident}` has no stored name: write `#[event(\"its-stored-name\")]` above it, and \
                 keep that name when you rename `{ident}`"
            );
            self.errors.at(ident, message);
        }
        for name in attrs.name.iter().chain(&attrs.aliases) {
            self.name(name, ident);
        }
        if let Some(skip) = serde::skip(variant.fields) {
            let message = "the only field has to be stored: remove this, or remove the field";
            self.errors.at(skip, message);
        }
        let (version, upcasts) = self.version(attrs)?;
        let (of_one, of_all) = (&variant.serde, &self.written.serde);
        Some(Stored {
            name: attrs.name.as_ref()?,
            aliases: &attrs.aliases,
            version,
            upcasts,
            rename_all: of_one.rename_all.as_ref().or(of_all.rename_all.as_ref()),
            deny_unknown_fields: of_one.deny_unknown_fields || of_all.deny_unknown_fields,
        })
    }

    fn name(&mut self, name: &LitStr, of: &'a Ident) {
        let text = name.value();
        if text.is_empty() {
            self.errors.at(name, "a stored name must not be empty: say what has happened");
        }
        if text.len() > MAX_NAME_BYTES {
            let bytes = text.len();
            let message =
                format!("a stored name has at most {MAX_NAME_BYTES} bytes: this has {bytes}");
            self.errors.at(name, message);
        }
        if text.chars().any(char::is_control) {
            self.errors.at(name, "a stored name has no control characters: leave them out");
        }
        match self.names.entry(text) {
            Entry::Vacant(free) => {
                free.insert(of);
            }
            Entry::Occupied(taken) if *taken.get() == of => {
                self.errors.at(name, format!("`{of}` has this name already: remove one"));
            }
            Entry::Occupied(taken) => {
                let by = taken.get();
                let message = format!("`{by}` has this name already: every event needs its own");
                self.errors.at(name, message);
            }
        }
    }

    /// The version, and the step from every one before it.
    fn version(&mut self, attrs: &'a Attrs) -> Option<(u16, Vec<&'a Expr>)> {
        let version = match &attrs.version {
            None => 1,
            Some(literal) => self.number(literal)?,
        };
        let steps = match &attrs.upcast {
            None => BTreeMap::new(),
            Some(Upcast { key, steps }) if version == 1 => {
                let next = steps.len() + 1;
                let message = format!("`upcast` leads to a later version: add `version = {next}`");
                self.errors.at(key, message);
                return None;
            }
            Some(Upcast { steps, .. }) => self.steps(version, steps)?,
        };
        let mut missing = (1..version).filter(|from| !steps.contains_key(from));
        // A number that was meant as a date would make for a very long message.
        let some = missing.by_ref().take(3).map(|from| format!("{from} = function"));
        let some = some.collect::<Vec<_>>().join(", ");
        let more = if missing.next().is_some() { ", …" } else { "" };
        if !some.is_empty() {
            match &attrs.upcast {
                None => {
                    let message =
                        format!("older payloads have to be read: add `upcast({some}{more})`");
                    self.errors.at(&attrs.version, message);
                }
                Some(upcast) => {
                    let message = format!("older payloads have to be read: add `{some}{more}`");
                    self.errors.at(&upcast.key, message);
                }
            }
        }
        Some((version, steps.into_values().collect()))
    }

    /// The functions by the version that they start from. All of them, or `None`.
    fn steps(
        &mut self,
        version: u16,
        steps: impl IntoIterator<Item = &'a Step>,
    ) -> Option<BTreeMap<u16, &'a Expr>> {
        let mut functions = BTreeMap::new();
        let mut is_right = true;
        for Step { from, function } in steps {
            let number = self.number(from)?;
            let message = if number >= version {
                let last = version - 1;
                format!("the last step to version {version} starts from {last}: remove this")
            } else if functions.insert(number, function).is_some() {
                format!("there is a step from version {number} already: keep one")
            } else {
                continue;
            };
            self.errors.at(from, message);
            is_right = false;
        }
        is_right.then_some(functions)
    }

    fn number(&mut self, literal: &LitInt) -> Option<u16> {
        match literal.base10_parse() {
            Ok(number @ 1..) => Some(number),
            _ => {
                self.errors.at(literal, "a version is a whole number from 1 to 65535");
                None
            }
        }
    }

    /// Complains about everything in `attrs` that would describe one event.
    fn refuse(&mut self, attrs: &Attrs, message: &str) {
        for name in attrs.name.iter().chain(&attrs.aliases) {
            self.errors.at(name, message);
        }
        if let Some(version) = &attrs.version {
            self.errors.at(version, message);
        }
        if let Some(upcast) = &attrs.upcast {
            self.errors.at(&upcast.key, message);
        }
    }
}
