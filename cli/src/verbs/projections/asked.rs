//! `annals projections history` and `withdraw`: what was asked of a projection, and taking back what nobody has done.

use super::{overview, shape, who};
use crate::{
    args::Withdraw,
    events::moment,
    failure::Failure,
    screen::{Screen, harmless},
    store::Store,
    table::Table,
};

pub(super) async fn history(store: &Store, name: &str, screen: &Screen) -> Result<(), Failure> {
    overview(store, name).await?;
    let operator = store.annals.operator();
    // What is done meanwhile is then there twice, and not left out.
    let (pending, answers) = (operator.pending(name).await?, operator.history(name).await?);
    if screen.is_json {
        pending.iter().try_for_each(|it| screen.json(&shape::pending(it)))?;
        return answers.iter().try_for_each(|it| screen.json(&shape::answer(it)));
    }
    let mut table = Table::new(&["done", "by", "what", "answer"]);
    for it in &pending {
        let since = format!("pending since {}", moment(it.at));
        table.row(["–".to_owned(), it.by.clone(), it.what.to_string(), since]);
    }
    for it in &answers {
        let is_refused = !it.is_done && it.withdrawn_by.is_none();
        let answer = if is_refused { format!("refused: {}", it.answer) } else { it.answer.clone() };
        table.row([moment(it.done_at), it.by.clone(), it.what.to_string(), answer]);
    }
    match table.is_empty() {
        true => screen.line("nothing was asked of it"),
        false => screen.table(&table),
    }
}

pub(super) async fn withdraw(
    store: &Store,
    args: &Withdraw,
    screen: &Screen,
) -> Result<(), Failure> {
    let (name, operator) = (&*args.name, store.annals.operator());
    overview(store, name).await?;
    let pending = operator.pending(name).await?;
    if args.dry_run || pending.is_empty() {
        for it in &pending {
            if screen.is_json {
                screen.json(&shape::pending(it))?;
                continue;
            }
            let (what, by) = (harmless(&it.what.to_string()), harmless(&it.by));
            screen.line(&format!("{what}, asked for by {by}, would be withdrawn"))?;
        }
        let is_said = screen.is_json || !pending.is_empty();
        return if is_said { Ok(()) } else { screen.line("nothing is pending") };
    }
    screen.confirm(&format!("Withdraw {} requests of {name:?}?", pending.len()))?;
    let withdrawn = operator.withdraw(name, &who(args.by.as_deref())).await?;
    if screen.is_json {
        return withdrawn.iter().try_for_each(|it| screen.json(&shape::answer(it)));
    }
    screen.line(&format!("{} requests withdrawn", withdrawn.len()))
}
