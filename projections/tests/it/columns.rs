//! Finding rows by their columns.

use std::{collections::BTreeMap, time::Duration};

use annals_core::{Fold, Position};
use annals_projections::{Column, Keyed, Query, Recorded, Rows, View, Where};
use serde::{Deserialize, Serialize};

use crate::{
    account::{Deposited, deposit},
    place::Place,
};

crate::place::everywhere!(
    each_comparison_finds_the_rows_that_it_holds_for_and_no_others,
    rows_come_in_the_order_of_any_column_either_way_with_nothing_first_and_ties_by_key,
    paging_visits_each_row_once_in_every_order,
    a_page_has_no_more_rows_than_it_may,
    rows_are_got_by_one_key_and_by_many,
    a_long_text_is_found_by_its_first_1000_bytes,
);

const PATIENCE: Duration = Duration::from_secs(30);

/// Of a last deposit, all kinds of columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Traits {
    last: i64,
    name: String,
}

impl Traits {
    /// There are ties, and every fifth holds nothing.
    fn tens(&self) -> Option<i64> {
        (self.last % 5 != 0).then_some(self.last / 10 - 2)
    }

    fn half(&self) -> Option<f64> {
        // A number that is none is not kept.
        (self.last % 3 != 0)
            .then_some(self.last)
            .map(|it| f64::from(i32::try_from(it).unwrap()) / 2.0)
    }

    fn text(&self) -> Option<String> {
        (self.last % 7 != 0).then(|| self.name.clone())
    }

    fn is_even(&self) -> bool {
        self.last % 2 == 0
    }

    const TENS: Column<Self, i64> = Column::integer("tens", |it: &Self| it.tens().into()).indexed();
    const HALF: Column<Self, f64> = Column::real("half", |it| it.half().unwrap_or(f64::NAN).into());
    const TEXT: Column<Self, String> = Column::text("text", |it: &Self| it.text().into()).indexed();
    const IS_EVEN: Column<Self, bool> = Column::boolean("is_even", |it| it.is_even().into());
}

impl Fold for Traits {
    type Event = Deposited;

    fn evolve(&mut self, Deposited(cents): &Deposited) {
        self.last = i64::try_from(*cents).unwrap();
        // In the order of bytes capitals come first, and umlauts last.
        let letter =
            ["b", "B", "ä", "a", "Z", "\u{10ffff}", ""][usize::try_from(cents % 7).unwrap()];
        let repeated = if self.last > 90 { 1_500 } else { 1 };
        self.name = format!("{letter}{}", "x".repeat(repeated));
    }
}

impl View for Traits {
    const NAME: &'static str = "traits";
    const KEYED: Keyed<Deposited> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] =
        &[Self::TENS.any(), Self::HALF.any(), Self::TEXT.any(), Self::IS_EVEN.any()];

    fn project(&mut self, _: &str, recorded: &Recorded<Deposited>) {
        self.evolve(&recorded.event);
    }
}

/// A row for each of 100 accounts, and what is in them.
async fn filled(place: &Place) -> (Rows<Traits>, BTreeMap<String, Traits>) {
    let (mut end, mut states) = (Position::START, BTreeMap::<String, Traits>::new());
    for number in 0..100 {
        let cents = number * 37 % 100;
        end = deposit(&*place.log, number, &[cents + 1, cents]).await;
        states.entry(number.to_string()).or_default().evolve(&Deposited(cents));
    }
    let running = place.runner::<Traits>().start();
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    (place.rows(), states)
}

/// The keys of all that is found, in order.
async fn keys(query: Query<'_, Traits>) -> Vec<String> {
    query.limit(1_000).page().await.unwrap().rows.into_iter().map(|(key, _)| key).collect()
}

async fn each_comparison_finds_the_rows_that_it_holds_for_and_no_others(place: Place) {
    let (rows, states) = filled(&place).await;
    let check =
        async |what: &str, holds: Vec<Where<Traits>>, is_meant: &dyn Fn(&Traits) -> bool| {
            let query = holds.into_iter().fold(rows.query(), Query::filter);
            let expected: Vec<_> =
                states.iter().filter(|(_, it)| is_meant(it)).map(|(key, _)| key.clone()).collect();
            assert!(!expected.is_empty() && expected.len() < 100, "{what} says nothing");
            assert_eq!(keys(query).await, expected, "{what}");
        };
    let (tens, half, text, even) = (Traits::TENS, Traits::HALF, Traits::TEXT, Traits::IS_EVEN);
    check("=", vec![tens.is(3)], &|it| it.tens() == Some(3)).await;
    check("<", vec![tens.below(3)], &|it| it.tens().is_some_and(|it| it < 3)).await;
    check("<=", vec![tens.at_most(3)], &|it| it.tens().is_some_and(|it| it <= 3)).await;
    check(">", vec![tens.above(3)], &|it| it.tens().is_some_and(|it| it > 3)).await;
    check(">=", vec![tens.at_least(3)], &|it| it.tens().is_some_and(|it| it >= 3)).await;
    check("no integer", vec![tens.is_nothing()], &|it| it.tens().is_none()).await;
    check("real =", vec![half.is(12.5)], &|it| it.half() == Some(12.5)).await;
    check("real <", vec![half.below(12.5)], &|it| it.half().is_some_and(|it| it < 12.5)).await;
    check("real >=", vec![half.at_least(12.5)], &|it| it.half().is_some_and(|it| it >= 12.5)).await;
    check("no real", vec![half.is_nothing()], &|it| it.half().is_none()).await;
    let is_text = |it: &Traits, holds: fn(&str) -> bool| it.text().is_some_and(|it| holds(&it));
    check("text =", vec![text.is("äx")], &|it| is_text(it, |it| it == "äx")).await;
    check("text <", vec![text.below("ax")], &|it| is_text(it, |it| it < "ax")).await;
    check("text >", vec![text.above("bx")], &|it| is_text(it, |it| it > "bx")).await;
    check("no text", vec![text.is_nothing()], &|it| it.text().is_none()).await;
    check("yes", vec![even.is(true)], &Traits::is_even).await;
    check("less than yes", vec![even.below(true)], &|it| !it.is_even()).await;
    let both = vec![tens.above(0), even.is(false), text.at_least("a")];
    check("several", both, &|it| {
        it.tens().is_some_and(|it| it > 0) && !it.is_even() && is_text(it, |it| it >= "a")
    })
    .await;
}

/// The keys in the order of something, and of the keys where that is equal.
fn ordered<T: PartialOrd>(
    states: &BTreeMap<String, Traits>,
    by: impl Fn(&Traits) -> T,
) -> Vec<String> {
    let mut keys: Vec<_> = states.keys().cloned().collect();
    keys.sort_by(|one, other| {
        let by = |key: &String| by(&states[key]);
        by(one).partial_cmp(&by(other)).unwrap().then_with(|| one.cmp(other))
    });
    keys
}

fn reversed(mut keys: Vec<String>) -> Vec<String> {
    keys.reverse();
    keys
}

async fn rows_come_in_the_order_of_any_column_either_way_with_nothing_first_and_ties_by_key(
    place: Place,
) {
    let (rows, states) = filled(&place).await;
    let (by_tens, by_half) = (ordered(&states, Traits::tens), ordered(&states, Traits::half));
    assert!(states[&by_tens[0]].tens().is_none() && states[&by_tens[99]].tens().is_some());
    assert_eq!(keys(rows.query().order_by(Traits::TENS)).await, by_tens);
    let descending = rows.query().order_by(Traits::TENS).descending();
    assert_eq!(keys(descending).await, reversed(by_tens));
    assert_eq!(keys(rows.query().order_by(Traits::HALF)).await, by_half);

    // Of a long text only the beginning counts; of those that are alike there, the keys.
    let cut =
        |it: &Traits| it.text().map(|text| text[..text.floor_char_boundary(1_000)].to_owned());
    let by_text = ordered(&states, cut);
    assert_eq!(keys(rows.query().order_by(Traits::TEXT)).await, by_text);
    let descending = rows.query().order_by(Traits::TEXT).descending();
    assert_eq!(keys(descending).await, reversed(by_text));
    let by_even = ordered(&states, Traits::is_even);
    assert_eq!(keys(rows.query().order_by(Traits::IS_EVEN)).await, by_even);
    let by_key = ordered(&states, |_| ());
    assert_eq!(keys(rows.query()).await, by_key);
    assert_eq!(keys(rows.query().descending()).await, reversed(by_key));
}

async fn paging_visits_each_row_once_in_every_order(place: Place) {
    let (rows, _) = filled(&place).await;
    let queries = [
        rows.query(),
        rows.query().order_by(Traits::TENS),
        rows.query().order_by(Traits::HALF),
        rows.query().order_by(Traits::TEXT),
        rows.query().order_by(Traits::IS_EVEN),
        rows.query().order_by(Traits::TENS).filter(Traits::IS_EVEN.is(true)),
        rows.query().order_by(Traits::TENS).filter(Traits::TENS.is_nothing()),
    ];
    for (number, query) in queries.into_iter().enumerate() {
        for (limit, query) in [(1, query.clone()), (7, query.clone().descending()), (100, query)] {
            let (all, mut paged, mut next) = (keys(query.clone()).await, vec![], None);
            loop {
                let page = query.clone().limit(limit);
                let page = next.take().map_or(page.clone(), |cursor| page.after(cursor));
                let page = page.page().await.unwrap();
                assert!(page.rows.len() <= limit);
                paged.extend(page.rows.into_iter().map(|(key, _)| key));
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
            assert_eq!(paged, all, "query {number}, {limit} at a time");
        }
    }
}

async fn a_page_has_no_more_rows_than_it_may(place: Place) {
    let (rows, _) = filled(&place).await;
    for limit in [1, 99, 100] {
        let page = rows.query().limit(limit).page().await.unwrap();
        assert_eq!((page.rows.len(), page.next.is_some()), (limit, true), "{limit}");
    }
    let page = rows.query().limit(101).page().await.unwrap();
    assert_eq!((page.rows.len(), page.next), (100, None));
    let none = rows.query().limit(0).page().await.unwrap();
    assert_eq!((none.rows.len(), none.next), (0, None));
}

async fn rows_are_got_by_one_key_and_by_many(place: Place) {
    let (rows, states) = filled(&place).await;
    assert_eq!(rows.get("42").await.unwrap().as_ref(), Some(&states["42"]));
    assert_eq!(rows.get("nobody").await.unwrap(), None);
    // No row can have one of these.
    for key in ["", "a\0b", "a\nb", &"x".repeat(10_000)] {
        assert_eq!(rows.get(key).await.unwrap(), None, "{key:?}");
    }
    let all = rows.get_many(states.keys().cloned().chain(["nobody".to_owned()])).await.unwrap();
    assert_eq!(all, states);
    let twice = rows.get_many(["7", "7"]).await.unwrap();
    assert_eq!(twice.len(), 1);
    assert!(rows.get_many(Vec::<String>::new()).await.unwrap().is_empty());
}

async fn a_long_text_is_found_by_its_first_1000_bytes(place: Place) {
    let (rows, states) = filled(&place).await;
    let (key, long) = states.iter().find(|(_, it)| it.last == 94).unwrap();
    let text = long.text().unwrap();
    assert!(text.len() > 1_500 && text.starts_with("Bx") == (94 % 7 == 1), "{text}");
    let same = states.iter().filter(|(_, it)| it.text().as_ref() == Some(&text));
    let expected: Vec<_> = same.map(|(key, _)| key.clone()).collect();
    assert!(expected.contains(key));
    let found = keys(rows.query().filter(Traits::TEXT.is(text.clone()))).await;
    assert_eq!(found, expected);
    // The state has all of it.
    assert_eq!(rows.get(key).await.unwrap().unwrap().name, text);
}
