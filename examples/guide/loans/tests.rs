//! What holds.

use annals_testkit::given;

use super::domain::{Advance, Application, ApplicationEvent, Refused, State};

#[test]
fn offers_are_numbered() {
    given::<Application>([ApplicationEvent::OfferSent { offer: 1 }])
        .when(Advance(State::Offered))
        .then([ApplicationEvent::OfferSent { offer: 2 }]);
}

#[test]
fn nothing_is_offered_to_who_was_declined() {
    given::<Application>([ApplicationEvent::Declined])
        .when(Advance(State::Offered))
        .then_rejected(Refused(State::Declined, State::Offered));
}

use annals::prelude::*;

use super::Failure;
use super::domain::{Money, Submit};

#[tokio::test]
async fn what_was_recorded_is_there_when_the_file_is_opened_again() -> Result<(), Failure> {
    let _ = std::fs::remove_dir_all("target/log"); // What an earlier run has left.
    let annals = Annals::open("sqlite://target/log/loans.db").await?;
    let (stream, submit) = (|| Application::stream("173688"), || Submit(Money::of_euros(20_000)));

    let committed = annals.execute(stream(), submit()).await?;
    assert_eq!((committed.revision().get(), committed.position().get()), (1, 1));
    let again = annals.execute(stream(), submit()).await;
    assert!(matches!(again, Err(ExecuteError::Rejected(Refused(State::Submitted, _)))));

    let annals = Annals::open("sqlite://target/log/loans.db").await?;
    assert_eq!(annals.load(stream()).await?.state(), committed.state());
    Ok(())
}

use super::import::{ROWS, import};

#[tokio::test]
async fn what_is_imported_again_is_there_already() -> Result<(), Failure> {
    let annals = Annals::open("memory:").await?;
    let last = import(&annals, ROWS).await?;
    assert_eq!(import(&annals, ROWS).await?, last);

    let stream = || Application::stream("173688");
    let seen = annals.load(stream()).await?.expected();
    annals.execute(stream(), Advance(State::Offered)).await?;
    let late = annals.execute(stream(), Advance(State::Declined)).expected(seen).await;
    assert!(matches!(late, Err(ExecuteError::Conflict(_))));
    Ok(())
}

use super::models::Days;
use sqlx::{Connection, SqliteConnection};

#[tokio::test]
async fn what_is_written_inline_is_there_at_once() -> Result<(), Failure> {
    let _ = std::fs::remove_dir_all("target/days"); // What an earlier run has left.
    let annals = Annals::open("sqlite://target/days/loans.db").await?;
    let annals = annals.inline([annals.project(Days)]).await?;
    import(&annals, ROWS).await?;

    let mut sql = SqliteConnection::connect("sqlite://target/days/loans.db").await?;
    let offers = "SELECT times FROM days WHERE day = '2011-10-08' AND what = 'offer-sent'";
    assert_eq!(sqlx::query_scalar::<_, i64>(offers).fetch_one(&mut sql).await?, 1);
    Ok(())
}

#[test]
fn what_was_recorded_in_euros_is_read_in_cents() {
    let (version, payload) = (annals::SchemaVersion::FIRST, r#"{"amount":20000}"#);
    let read = ApplicationEvent::decode("application-submitted", version, &payload.into());
    let amount = Money::of_euros(20_000);
    assert_eq!(read.expect("it is known"), Some(ApplicationEvent::Submitted { amount }));
}

use super::models::Present;
use annals::AsOf;

#[tokio::test]
async fn the_past_can_be_asked() -> Result<(), Failure> {
    let annals = Annals::open("memory:").await?;
    import(&annals, ROWS).await?;
    let then = AsOf::Position(Position::START.plus(1));
    let application = annals.load_as_of(Application::stream("173688"), then).await?;
    assert_eq!(application.state().state, State::Submitted);
    let row = annals.view::<Present>().as_of("173688", then).await?;
    assert_eq!(row.map(|row| row.state), Some(State::Submitted));
    Ok(())
}

use annals::{Action, OnFailure, RunnerSettings};
use std::time::Duration;

#[tokio::test]
async fn what_cannot_be_projected_is_set_aside() -> Result<(), Failure> {
    let annals = Annals::open("sqlite::memory:").await?;
    let settings = RunnerSettings { attempts: 1, ..RunnerSettings::default() };
    let days = annals.project(Days).with_settings(settings).on_failure(OnFailure::PARK);
    let running = annals.run([days]);
    import(&annals, "173699,1,soon,112,submitted,900\n").await?;
    let (last, patience) = (import(&annals, ROWS).await?, Duration::from_secs(10));
    running.wait_for(last, patience).await?;

    let parked = annals.operator().parked("days", "", 10).await?;
    let keys: Vec<_> = parked.into_iter().map(|parked| parked.key).collect();
    assert_eq!(keys, ["application:173699"]);
    let discard = Action::Discard { keys, reason: "no such day".to_owned() };
    assert!(annals.operator().ask("days", discard, "ada", patience).await?.is_done);
    Ok(())
}
