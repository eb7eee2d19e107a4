//! What serde's attributes say about an event. Those on fields are handed to serde as they are.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Error, Fields, Ident, Result, Token, parse::ParseStream};

use crate::errors::Errors;

/// What `#[serde(…)]` above a variant or a type says about its content.
#[derive(Default)]
pub(super) struct Serde {
    /// `= "camelCase"`, or in parentheses.
    pub(super) rename_all: Option<TokenStream>,
    pub(super) deny_unknown_fields: bool,
}

/// Which keys there may be in one place.
pub(super) struct Keys {
    /// What the place is, for an error.
    on: &'static str,
    /// The one that renames the fields.
    rename_all: &'static str,
    /// Those that tell serde how a type or variant is named and tagged. There is no such thing in a
    /// payload: they are for those who derive `Serialize` besides.
    naming: &'static [&'static str],
}

pub(super) const ON_ENUM: Keys = Keys {
    on: "an enum of events",
    rename_all: "rename_all_fields",
    naming: &["rename", "rename_all", "tag", "content", "untagged", "expecting", "crate"],
};

pub(super) const ON_VARIANT: Keys =
    Keys { on: "an event", rename_all: "rename_all", naming: &["rename", "alias"] };

pub(super) const ON_STRUCT: Keys = Keys {
    on: "an event",
    rename_all: "rename_all",
    naming: &["rename", "tag", "expecting", "crate"],
};

impl Serde {
    pub(super) fn read(attrs: &[Attribute], keys: &Keys, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for attr in attrs.iter().filter(|attr| is_serde(attr)) {
            errors.take(attr.parse_nested_meta(|meta| {
                let value = up_to_comma(meta.input)?;
                let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                match key.as_str() {
                    key if key == keys.rename_all => read.rename_all = Some(value),
                    "deny_unknown_fields" => read.deny_unknown_fields = true,
                    key if keys.naming.contains(&key) => {}
                    key => {
                        let Keys { on, rename_all, .. } = keys;
                        let message = format!(
                            "`{key}` is not supported on {on}: besides `{rename_all}` and \
                             `deny_unknown_fields`, serde attributes go on fields"
                        );
                        return Err(Error::new_spanned(&meta.path, message));
                    }
                }
                Ok(())
            }));
        }
        read
    }
}

pub(super) fn is_serde(attr: &Attribute) -> bool {
    attr.path().is_ident("serde")
}

/// What makes a newtype skip its only field. Serde would write `null`, and could not read it back.
pub(super) fn skip(fields: &Fields) -> Option<&Attribute> {
    let Fields::Unnamed(fields) = fields else { return None };
    if fields.unnamed.len() != 1 {
        return None;
    }
    fields.unnamed.first()?.attrs.iter().filter(|attr| is_serde(attr)).find(|attr| {
        let mut skips = false;
        let read = attr.parse_nested_meta(|meta| {
            let keys = ["skip", "skip_serializing", "skip_deserializing"];
            skips |= keys.iter().any(|key| meta.path.is_ident(key));
            up_to_comma(meta.input).map(drop)
        });
        // What else may be wrong with it is for serde to say.
        read.is_ok() && skips
    })
}

fn up_to_comma(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = Vec::<TokenTree>::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.push(input.parse()?);
    }
    Ok(tokens.into_iter().collect())
}
