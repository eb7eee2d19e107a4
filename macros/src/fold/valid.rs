//! Judges what was written, and keeps of it what is right: there is no other way to the next stage.

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Error, Expr, ExprClosure, Ident, Member, Pat, PatIdent, Path, Result, ReturnType, Type,
    ext::IdentExt,
};

use super::ast::{Field, Written};
use crate::errors::Errors;

/// A fold that can be written.
pub(super) struct Fold<'a> {
    pub(super) ident: &'a Ident,
    pub(super) root: &'a Path,
    pub(super) event: &'a Path,
    /// The patterns of the events that change nothing.
    pub(super) ignored: Vec<TokenStream>,
    /// Those that some event changes.
    pub(super) fields: Vec<Changing<'a>>,
}

/// A field that some event changes.
pub(super) struct Changing<'a> {
    pub(super) member: &'a Member,
    pub(super) ty: &'a Type,
    pub(super) arms: Vec<Case<'a>>,
}

/// One arm of it.
pub(super) struct Case<'a> {
    pub(super) pattern: TokenStream,
    pub(super) guard: Option<&'a Expr>,
    pub(super) body: Body<'a>,
}

pub(super) enum Body<'a> {
    /// The new value.
    Value(&'a Expr),
    /// A parameter that is the field, and what is done to it.
    InPlace(&'a Ident, &'a Expr),
}

/// What `written` means, or everything that is wrong with it and was found before.
pub(super) fn check<'a>(written: &'a Written<'a>, mut errors: Errors) -> Result<Fold<'a>> {
    let Written { ident, generics, root, .. } = written;
    if !generics.params.is_empty() {
        let message = "`Fold` is not derived for generic types: implement it by hand here";
        errors.at(generics, message);
    }
    if let [_, second, ..] = written.events.as_slice() {
        let message = "a fold has one event type: make an enum of both, with `#[event(nested)]`";
        errors.at(second, message);
    }
    if written.events.is_empty() && written.is_readable {
        let message = format!("say what `{ident}` is made of: write `#[fold(ItsEvent)]` above it");
        errors.at(ident, message);
    }
    // Without an event type this fails in the end. Until then any path will do.
    let event = written.events.first().unwrap_or(root);

    let mut judge = Judge { event, errors, used: HashMap::new() };
    let fields = written.fields.iter().filter(|field| !field.arms.is_empty());
    let fields = fields.map(|field| judge.field(field)).collect();
    let ignored = judge.ignored(&written.ignored);
    judge.errors.finish(Fold { ident, root, event, ignored, fields })
}

struct Judge<'a> {
    event: &'a Path,
    errors: Errors,
    /// The variants of which every event changes a field, with one such field.
    used: HashMap<&'a Ident, &'a Member>,
}

/// The variant that a pattern begins with.
struct Head<'a> {
    variant: &'a Ident,
    /// Whether the pattern fits every event of that variant.
    is_whole: bool,
}

impl<'a> Judge<'a> {
    fn field(&mut self, field: &'a Field<'a>) -> Changing<'a> {
        let Field { member, ty, arms } = field;
        let mut taken = HashSet::new();
        let cases = arms.iter().filter_map(|arm| {
            let (pattern, guard) = match &arm.pat {
                Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
                pattern => (pattern, None),
            };
            let (qualified, heads) = self.qualify(pattern)?;
            if let Some(head) = heads.iter().find(|head| taken.contains(&head.variant)) {
                let variant = head.variant;
                let message = format!("an arm above takes every `{variant}`: keep one of the two");
                self.errors.at(pattern, message);
            }
            if guard.is_none() {
                let whole = heads.iter().filter(|head| head.is_whole).map(|head| head.variant);
                taken.extend(whole);
            }
            let body = self.body(&arm.body, member)?;
            Some(Case { pattern: qualified, guard, body })
        });
        let arms = cases.collect();
        self.used.extend(taken.into_iter().map(|variant| (variant, member)));
        Changing { member, ty, arms }
    }

    fn ignored(&mut self, patterns: &'a [Pat]) -> Vec<TokenStream> {
        let mut ignored = HashSet::new();
        let patterns = patterns.iter().filter_map(|pattern| {
            let (qualified, heads) = self.qualify(pattern)?;
            for Head { variant, .. } in heads.iter().filter(|head| head.is_whole) {
                if let Some(field) = self.used.get(variant) {
                    let field = field.to_token_stream();
                    let message = format!("`{variant}` changes `{field}`: do not ignore it");
                    self.errors.at(variant, message);
                }
                if !ignored.insert(*variant) {
                    self.errors.at(variant, format!("`{variant}` is ignored twice: keep one"));
                }
            }
            Some(qualified)
        });
        patterns.collect()
    }

    fn body(&mut self, body: &'a Expr, member: &Member) -> Option<Body<'a>> {
        let Expr::Closure(closure) = body else { return Some(Body::Value(body)) };
        if let ExprClosure { asyncness: None, capture: None, inputs, output, body, .. } = closure
            && let ReturnType::Default = output
            && inputs.len() == 1
            && let Some(Pat::Ident(parameter)) = inputs.first()
            && is_plain(parameter)
        {
            return Some(Body::InPlace(&parameter.ident, body));
        }
        let parameter = match member {
            Member::Named(name) => name.to_string(),
            Member::Unnamed(_) => "field".to_owned(),
        };
        let message = format!(
            "what changes a field in place has one parameter, the field: write `|{parameter}| …`"
        );
        self.errors.at(body, message);
        None
    }

    /// `pattern` with the event type in front, and the variants it begins with.
    fn qualify(&mut self, pattern: &'a Pat) -> Option<(TokenStream, Vec<Head<'a>>)> {
        let mut heads = Vec::new();
        let qualified = qualify(pattern, self.event, &mut heads);
        Some((self.errors.take(qualified)?, heads))
    }
}

fn qualify<'a>(pattern: &'a Pat, event: &Path, heads: &mut Vec<Head<'a>>) -> Result<TokenStream> {
    match pattern {
        // A bare name stands for any kind of variant.
        Pat::Ident(bare) if is_plain(bare) => {
            let variant = &bare.ident;
            heads.push(Head { variant, is_whole: true });
            Ok(quote!(#event::#variant { .. }))
        }
        Pat::Struct(fields) => {
            let variant = variant(&fields.path)?;
            let is_whole = fields.fields.iter().all(|field| takes_all(&field.pat));
            heads.push(Head { variant, is_whole });
            Ok(quote!(#event::#fields))
        }
        Pat::TupleStruct(fields) => {
            let variant = variant(&fields.path)?;
            let is_whole = fields.elems.iter().all(takes_all);
            heads.push(Head { variant, is_whole });
            Ok(quote!(#event::#fields))
        }
        Pat::Or(either) => {
            let cases = either.cases.iter().map(|case| qualify(case, event, heads));
            let cases = cases.collect::<Result<Vec<_>>>()?;
            Ok(quote!(#(#cases)|*))
        }
        Pat::Paren(inner) => {
            let inner = qualify(&inner.pat, event, heads)?;
            Ok(quote!((#inner)))
        }
        Pat::Path(path) => Err(variant(&path.path).err().unwrap_or_else(|| not_a_variant(path))),
        Pat::Wild(wildcard) => {
            let message = "`_` would hide events that are added later: name the ones you mean";
            Err(Error::new_spanned(wildcard, message))
        }
        other => Err(not_a_variant(other)),
    }
}

/// The name of the variant, which must stand alone.
fn variant(path: &Path) -> Result<&Ident> {
    path.get_ident().ok_or_else(|| match path.segments.last() {
        Some(last) => {
            let message = format!("write `{}` alone: its enum is known already", last.ident);
            Error::new_spanned(path, message)
        }
        None => not_a_variant(path),
    })
}

fn not_a_variant(culprit: impl ToTokens) -> Error {
    Error::new_spanned(culprit, "begin with a variant of the event: `Opened { owner } => …`")
}

/// Whether it is a name and nothing else.
fn is_plain(pattern: &PatIdent) -> bool {
    pattern.by_ref.is_none() && pattern.mutability.is_none() && pattern.subpat.is_none()
}

/// Whether a pattern inside a variant certainly fits everything. A capital letter could be a
/// constant, or a variant without fields: `Renamed(None)`.
fn takes_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(name) => {
            name.subpat.is_none() && !name.ident.unraw().to_string().starts_with(char::is_uppercase)
        }
        _ => false,
    }
}
