//! The whole history of one application: it is in its stream, and needs no read model.

use std::fmt::Write;

use annals::{AsOf, Revision, prelude::*};
use futures::TryStreamExt;

use super::{
    Failure,
    domain::{Application, ApplicationEvent, Occasion, Work},
    moment::Moment,
    screen::print,
    source::Activity,
};

/// Prints it, up to a moment of the bank's own time; says whether there is anything.
pub(crate) async fn show(
    annals: &Annals,
    case: &str,
    as_of: Option<Moment>,
) -> Result<bool, Failure> {
    let stream = Application::stream(case);
    let mut events = annals.store().read_stream(stream.id()?, Revision::START);
    let (mut last, mut text) = (None, String::new());
    while let Some(envelope) = events.try_next().await? {
        let Some(event) = envelope.decode::<ApplicationEvent>()? else { continue };
        let occasion = event.occasion();
        // Within an application time does not step back: one of its rules.
        if as_of.is_some_and(|as_of| occasion.happened_at.millis() > as_of.millis()) {
            break;
        }
        let resource = occasion.resource.as_deref().unwrap_or("–");
        let what = told(Activity::of(&event));
        let Occasion { entry, happened_at, .. } = occasion;
        writeln!(text, "{entry:>4}  {happened_at}  {resource:>6}  {what}")?;
        last = Some(envelope.position);
    }
    drop(events);
    let Some(position) = last else {
        print(&format!("there is no application {case:?}, or was none then\n"))?;
        return Ok(false);
    };
    // The same state that a command was decided on then.
    let then = annals.load_as_of(stream, AsOf::Position(position)).await?;
    let application = then.state();
    let state = application.state().map_or("–", |state| state.name());
    let offer = application.offers.at_hand.map_or("none", |offer| offer.name());
    let is_open = |(_, since): &(&Work, &Option<Moment>)| since.is_some();
    let open: Vec<_> =
        application.work.iter().filter(is_open).map(|(work, _)| work.name()).collect();
    let open = if open.is_empty() { "nothing".to_owned() } else { open.join(", ") };
    print(&format!("{text}\n{case} is {state}; its offer: {offer}; under way: {open}\n"))?;
    Ok(true)
}

fn told(activity: Activity) -> String {
    match activity {
        Activity::State(state) => format!("application {}", state.name()),
        Activity::Offer(state) => format!("  offer {}", state.name()),
        Activity::Work(work, step) => format!("    {} {}", step.name(), work.name()),
    }
}
