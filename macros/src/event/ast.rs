//! What was written on an event and its variants. Nothing is judged here beyond the grammar.

use quote::ToTokens;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Fields, Generics, Ident, Lit, LitInt, LitStr, Path,
    Result, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use super::serde::{ON_ENUM, ON_STRUCT, ON_VARIANT, Serde};
use crate::{
    errors::Errors,
    hidden::{default_root, root},
};

/// An event type as it was written.
pub(super) struct Written<'a> {
    pub(super) ident: &'a Ident,
    pub(super) generics: &'a Generics,
    /// The crate that generated code goes through.
    pub(super) root: Path,
    pub(super) form: Form,
    /// What stands above an enum.
    pub(super) attrs: Attrs,
    pub(super) serde: Serde,
    /// A struct is its only variant.
    pub(super) variants: Vec<Variant<'a>>,
}

/// What kind of type it is.
pub(super) enum Form {
    Enum,
    Struct,
    Union(Token![union]),
}

pub(super) struct Variant<'a> {
    pub(super) ident: &'a Ident,
    pub(super) fields: &'a Fields,
    /// `None` if they could not be read, which has been reported then.
    pub(super) attrs: Option<Attrs>,
    pub(super) serde: Serde,
}

/// All that `#[event(…)]` says in one place.
#[derive(Default)]
pub(super) struct Attrs {
    pub(super) name: Option<LitStr>,
    pub(super) aliases: Vec<LitStr>,
    pub(super) version: Option<LitInt>,
    pub(super) upcast: Option<Upcast>,
    pub(super) nested: Option<Ident>,
    /// The key `crate` and what follows it.
    pub(super) root: Option<(Ident, Path)>,
}

/// `upcast(1 = euros_to_cents)`.
pub(super) struct Upcast {
    pub(super) key: Ident,
    pub(super) steps: Punctuated<Step, Token![,]>,
}

/// `1 = euros_to_cents`.
pub(super) struct Step {
    pub(super) from: LitInt,
    pub(super) function: Expr,
}

impl<'a> Written<'a> {
    pub(super) fn read(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let (ident, generics) = (&input.ident, &input.generics);
        let attrs = Attrs::read(&input.attrs, errors);
        let root = attrs.as_ref().and_then(|attrs| attrs.root.clone());
        let root = root.map_or_else(default_root, |(_, path)| path);
        match &input.data {
            Data::Enum(data) => {
                let (form, attrs) = (Form::Enum, attrs.unwrap_or_default());
                let serde = Serde::read(&input.attrs, &ON_ENUM, errors);
                let variants = data.variants.iter().map(|variant| Variant {
                    ident: &variant.ident,
                    fields: &variant.fields,
                    attrs: Attrs::read(&variant.attrs, errors),
                    serde: Serde::read(&variant.attrs, &ON_VARIANT, errors),
                });
                Self { ident, generics, root, form, attrs, serde, variants: variants.collect() }
            }
            Data::Struct(data) => {
                let serde = Serde::read(&input.attrs, &ON_STRUCT, errors);
                let variants = vec![Variant { ident, fields: &data.fields, attrs, serde }];
                let (form, attrs, serde) = (Form::Struct, Attrs::default(), Serde::default());
                Self { ident, generics, root, form, attrs, serde, variants }
            }
            Data::Union(data) => {
                let form = Form::Union(data.union_token);
                let (attrs, serde) = (Attrs::default(), Serde::default());
                Self { ident, generics, root, form, attrs, serde, variants: Vec::new() }
            }
        }
    }
}

impl Attrs {
    fn read(attrs: &[Attribute], errors: &mut Errors) -> Option<Self> {
        let mut read = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("event")) {
            errors.take(attr.parse_args_with(|input: ParseStream<'_>| read.read_keys(input)))?;
        }
        Some(read)
    }

    fn read_keys(&mut self, input: ParseStream<'_>) -> Result<()> {
        while !input.is_empty() {
            self.read_key(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn read_key(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(Lit) {
            let name = string(input)?;
            return set(&mut self.name, name.clone(), &name, "the stored name");
        }
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "alias" => {
                input.parse::<Token![=]>()?;
                self.aliases.push(string(input)?);
                Ok(())
            }
            "version" => {
                input.parse::<Token![=]>()?;
                set(&mut self.version, input.parse()?, &key, "`version`")
            }
            "upcast" => {
                let steps;
                parenthesized!(steps in input);
                let steps = Punctuated::parse_terminated(&steps)?;
                set(&mut self.upcast, Upcast { key: key.clone(), steps }, &key, "`upcast`")
            }
            "nested" => set(&mut self.nested, key.clone(), &key, "`nested`"),
            "crate" => {
                let path = root(input)?;
                set(&mut self.root, (key.clone(), path), &key, "`crate`")
            }
            _ if input.is_empty() || input.peek(Token![,]) => {
                let message = format!("a stored name is a string: write `\"{key}\"`");
                Err(Error::new_spanned(key, message))
            }
            _ => {
                let message = format!(
                    "there is no `{key}`: an event has a stored name, and may have `alias = \"…\"`, \
                     `version = …` and `upcast(…)`, or it is `nested`"
                );
                Err(Error::new_spanned(key, message))
            }
        }
    }
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(LitInt) {
            return Err(input.error(
                "a step is a version and the function that leads from it to the next: `1 = function`",
            ));
        }
        let from = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { from, function: input.parse()? })
    }
}

fn string(input: ParseStream<'_>) -> Result<LitStr> {
    match input.parse()? {
        Lit::Str(string) => Ok(string),
        other => {
            let message = "a stored name is a string: write `\"account-opened\"`";
            Err(Error::new_spanned(other, message))
        }
    }
}

fn set<T>(slot: &mut Option<T>, value: T, culprit: &impl ToTokens, what: &str) -> Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new_spanned(culprit, format!("{what} is given twice: keep one"))),
    }
}
