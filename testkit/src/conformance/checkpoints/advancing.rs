//! A read model and its checkpoint move together, and only from where the checkpoint is.

use std::sync::Arc;

use annals_core::{AdvanceError, Checkpoint, Checkpoints, Position};

use crate::conformance::{
    CheckpointsFixture,
    words::{at_once, new_id, position},
};

/// The projection that most rules are about.
const NAME: &str = "balances";

/// Catches a store that is not fresh, or fails where there is nothing.
pub async fn a_checkpoint_is_at_the_start_at_first(fixture: impl CheckpointsFixture) {
    assert_eq!(load(&fixture, NAME).await, Checkpoint::default());
}

/// Catches a checkpoint of which a part is not kept.
pub async fn a_checkpoint_is_where_it_was_advanced_to(fixture: impl CheckpointsFixture) {
    let mut from = Checkpoint::default();
    let last = Position::new(i64::MAX).expect("it is not negative");
    for to in [at(1), at(2), at(1000), Checkpoint { position: last, ..at(1) }] {
        advance(&fixture, NAME, from, to, "value").await.expect("nobody else is here");
        assert_eq!(load(&fixture, NAME).await, to);
        from = to;
    }
}

/// Catches a read model that is committed on its own: promise 4.
pub async fn the_read_model_and_its_checkpoint_move_together(fixture: impl CheckpointsFixture) {
    let checkpoints = fixture.checkpoints();
    let mut tx = checkpoints.begin().await.expect("a transaction can begin");
    fixture.write(&mut tx, "ada", "1").await;
    fixture.write(&mut tx, "bob", "2").await;
    fixture.write(&mut tx, "ada", "3").await;

    let from = Checkpoint::default();
    checkpoints.advance(tx, NAME, from, at(3)).await.expect("nobody else is here");

    assert_eq!(fixture.read("ada").await.as_deref(), Some("3"));
    assert_eq!(fixture.read("bob").await.as_deref(), Some("2"));
}

/// Catches a transaction that commits when it is dropped, or is in the way of the next.
pub async fn a_dropped_transaction_leaves_nothing(fixture: impl CheckpointsFixture) {
    for _ in 0..20 {
        let mut tx = fixture.checkpoints().begin().await.expect("a transaction can begin");
        fixture.write(&mut tx, "ada", "dropped").await;
        drop(tx);
        assert_eq!(fixture.read("ada").await, None);
    }
    advance(&fixture, NAME, Checkpoint::default(), at(1), "kept").await.expect("it can");
    assert_eq!(fixture.read(NAME).await.as_deref(), Some("kept"));
}

/// Catches a checkpoint that is set, whatever it is.
pub async fn an_advance_from_elsewhere_commits_nothing(fixture: impl CheckpointsFixture) {
    let missing = advance(&fixture, NAME, at(3), at(4), "lost").await;
    assert_superseded(missing, NAME, Position::START);
    assert_eq!(load(&fixture, NAME).await, Checkpoint::default());

    let (from, here) = (Checkpoint::default(), at(5));
    advance(&fixture, NAME, from, here, "kept").await.expect("nobody else is here");
    for elsewhere in [Checkpoint::default(), at(4), at(6)] {
        let refused = advance(&fixture, NAME, elsewhere, at(7), "lost").await;
        assert_superseded(refused, NAME, position(5));
        assert_eq!(load(&fixture, NAME).await, here);
        assert_eq!(fixture.read(NAME).await.as_deref(), Some("kept"));
    }
}

/// Catches a store that compares positions only: the log may have been another one.
pub async fn an_advance_from_another_event_at_that_position_commits_nothing(
    fixture: impl CheckpointsFixture,
) {
    let here = at(5);
    advance(&fixture, NAME, Checkpoint::default(), here, "kept").await.expect("it can");
    for other in [at(5), Checkpoint { last: None, ..here }] {
        let refused = advance(&fixture, NAME, other, at(6), "lost").await;
        assert_superseded(refused, NAME, position(5));
        assert_eq!(load(&fixture, NAME).await, here);
        assert_eq!(fixture.read(NAME).await.as_deref(), Some("kept"));
    }
}

/// Catches a runner that is trusted because it was the right one once: promise 5.
pub async fn a_runner_that_wakes_after_another_took_over_commits_nothing(
    fixture: impl CheckpointsFixture,
) {
    advance(&fixture, NAME, Checkpoint::default(), at(1), "first").await.expect("it can");
    let paused = load(&fixture, NAME).await;
    let (second, third) = (at(2), at(3));
    advance(&fixture, NAME, paused, second, "second").await.expect("it can");
    advance(&fixture, NAME, second, third, "third").await.expect("it can");

    for to in [at(2), at(4)] {
        assert_superseded(advance(&fixture, NAME, paused, to, "late").await, NAME, position(3));
    }
    assert_eq!(load(&fixture, NAME).await, third);
    assert_eq!(fixture.read(NAME).await.as_deref(), Some("third"));
}

/// Catches a first advance that is an insert and fails, or overwrites, when there are two.
pub async fn of_many_first_advances_at_once_exactly_one_wins(fixture: impl CheckpointsFixture) {
    let fixture = Arc::new(fixture);
    for round in 0..5 {
        let name = format!("balances-{round}");
        assert_one_of_many_wins(&fixture, &name, Checkpoint::default()).await;
    }
}

/// Catches a look at the checkpoint that is not part of the commit.
pub async fn of_many_later_advances_at_once_exactly_one_wins(fixture: impl CheckpointsFixture) {
    let fixture = Arc::new(fixture);
    let mut from = Checkpoint::default();
    for far in 1..=5 {
        let to = at(far);
        advance(&*fixture, NAME, from, to, "kept").await.expect("nobody else is here");
        from = assert_one_of_many_wins(&fixture, NAME, to).await;
    }
}

/// Catches one checkpoint for all, and names that are confused.
pub async fn checkpoints_of_other_names_are_kept_apart(fixture: impl CheckpointsFixture) {
    let names = ["a", "A", "a ", " a", "%", "_", "\\", "'; drop table checkpoint; --", "🦀"];
    let names: Vec<_> = names.into_iter().chain(["e\u{301}", "\u{e9}", "a:1", "a/1"]).collect();
    for (number, name) in (1..).zip(&names) {
        assert_eq!(load(&fixture, name).await, Checkpoint::default(), "{name:?}");
        let (from, to) = (Checkpoint::default(), at(number));
        advance(&fixture, name, from, to, name).await.expect("nobody else is here");
    }
    for (number, name) in (1..).zip(&names) {
        assert_eq!(load(&fixture, name).await.position, position(number), "{name:?}");
        assert_eq!(fixture.read(name).await.as_deref(), Some(*name));
    }
}

/// Asserts that of many who advance `from` the same checkpoint at once exactly one does, and that its
/// read model is the one that is kept. Answers with where the checkpoint is then.
async fn assert_one_of_many_wins<F: CheckpointsFixture>(
    fixture: &Arc<F>,
    name: &str,
    from: Checkpoint,
) -> Checkpoint {
    let answers = at_once(20, |number| {
        let (fixture, name) = (fixture.clone(), name.to_owned());
        let to = at(100 + number);
        async move { (to, advance(&*fixture, &name, from, to, &number.to_string()).await) }
    })
    .await;

    let here = load(&**fixture, name).await;
    assert_ne!(here, from);
    for (number, (to, answer)) in answers.into_iter().enumerate() {
        if to == here {
            answer.expect("the checkpoint is where this advance left it");
            assert_eq!(fixture.read(name).await, Some(number.to_string()));
        } else {
            assert_superseded(answer, name, here.position);
        }
    }
    here
}

/// A checkpoint so many events into the log.
fn at(events: usize) -> Checkpoint {
    Checkpoint { position: position(events), last: Some(new_id()) }
}

/// Advances the checkpoint, with `value` as the read model under the same name.
async fn advance(
    fixture: &impl CheckpointsFixture,
    name: &str,
    from: Checkpoint,
    to: Checkpoint,
    value: &str,
) -> Result<(), AdvanceError> {
    let mut tx = fixture.checkpoints().begin().await.expect("a transaction can begin");
    fixture.write(&mut tx, name, value).await;
    fixture.checkpoints().advance(tx, name, from, to).await
}

async fn load(fixture: &impl CheckpointsFixture, name: &str) -> Checkpoint {
    fixture.checkpoints().load(name).await.expect("a checkpoint can be loaded")
}

fn assert_superseded(answer: Result<(), AdvanceError>, expected_name: &str, expected: Position) {
    match answer {
        Err(AdvanceError::Superseded { name, actual }) => {
            assert_eq!((name.as_str(), actual), (expected_name, expected));
        }
        other => panic!("expected to be superseded at position {expected}, got {other:?}"),
    }
}
