//! What was written on a struct and its fields. Nothing is judged here beyond the grammar.

use syn::{
    Arm, Attribute, Data, DeriveInput, Error, Fields, Generics, Ident, Member, Pat, Path, Result,
    Token, Type, parenthesized,
    parse::ParseStream,
    token::{Brace, Paren},
};

use crate::{
    errors::Errors,
    hidden::{default_root, root},
};

mod keyword {
    syn::custom_keyword!(ignore);
}

/// A fold as it was written.
pub(super) struct Written<'a> {
    pub(super) ident: &'a Ident,
    pub(super) generics: &'a Generics,
    /// The crate that generated code goes through.
    pub(super) root: Path,
    /// The event types it is said to be made of.
    pub(super) events: Vec<Path>,
    /// Patterns of events that change nothing.
    pub(super) ignored: Vec<Pat>,
    /// Whether the attributes above the type could be read. If not, that has been reported.
    pub(super) is_readable: bool,
    pub(super) fields: Vec<Field<'a>>,
}

/// A field with the arms that change it.
pub(super) struct Field<'a> {
    pub(super) member: Member,
    pub(super) ty: &'a Type,
    pub(super) arms: Vec<Arm>,
}

impl<'a> Written<'a> {
    pub(super) fn read(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let mut written = Self {
            ident: &input.ident,
            generics: &input.generics,
            root: default_root(),
            events: Vec::new(),
            ignored: Vec::new(),
            is_readable: true,
            fields: Vec::new(),
        };
        for attr in folds(&input.attrs) {
            let read = attr.parse_args_with(|input: ParseStream<'_>| written.read_header(input));
            written.is_readable &= errors.take(read).is_some();
        }
        match &input.data {
            Data::Struct(data) => written.read_fields(&data.fields, errors),
            Data::Enum(data) => errors.at(data.enum_token, NOT_A_STRUCT),
            Data::Union(data) => errors.at(data.union_token, NOT_A_STRUCT),
        }
        written
    }

    /// What `#[fold(…)]` above the struct may say.
    fn read_header(&mut self, input: ParseStream<'_>) -> Result<()> {
        while !input.is_empty() {
            if input.peek(keyword::ignore) && input.peek2(Paren) {
                input.parse::<keyword::ignore>()?;
                let patterns;
                parenthesized!(patterns in input);
                let patterns =
                    patterns.parse_terminated(Pat::parse_multi_with_leading_vert, Token![,])?;
                self.ignored.extend(patterns);
            } else if input.peek(Token![crate]) && input.peek2(Token![=]) {
                input.parse::<Token![crate]>()?;
                self.root = root(input)?;
            } else {
                let path = Path::parse_mod_style(input)?;
                if input.peek(Brace) || input.peek(Paren) || input.peek(Token![=>]) {
                    let message = "an arm belongs above the field that it changes";
                    return Err(Error::new_spanned(path, message));
                }
                self.events.push(path);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn read_fields(&mut self, fields: &'a Fields, errors: &mut Errors) {
        for (field, member) in fields.iter().zip(fields.members()) {
            let mut arms = Vec::new();
            for attr in folds(&field.attrs) {
                let read = attr.parse_args_with(|input: ParseStream<'_>| {
                    if input.is_empty() {
                        return Err(Error::new_spanned(attr, NOT_AN_ARM));
                    }
                    while !input.is_empty() {
                        arms.push(arm(input)?);
                    }
                    Ok(())
                });
                errors.take(read);
            }
            self.fields.push(Field { member, ty: &field.ty, arms });
        }
    }
}

const NOT_A_STRUCT: &str = "`Fold` is derived for structs, whose fields say which events change \
                            them: implement it by hand here";

const NOT_AN_ARM: &str =
    "write an arm as in a `match`: an event, `=>`, and what it makes of the field";

fn folds(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("fold"))
}

/// An arm just as in a `match`.
fn arm(input: ParseStream<'_>) -> Result<Arm> {
    if input.peek(keyword::ignore) && input.peek2(Paren) {
        return Err(
            input.error("`ignore(…)` belongs above the struct: it is about the whole of it")
        );
    }
    let ahead = input.fork();
    let pattern = Pat::parse_multi_with_leading_vert(&ahead)?;
    if !ahead.peek(Token![=>]) && !ahead.peek(Token![if]) {
        return Err(Error::new_spanned(pattern, NOT_AN_ARM));
    }
    input.parse()
}
