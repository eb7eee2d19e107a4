//! Records are listed by how their keys begin, in the order of those.

use super::{
    AREA, ReadModelsFixture, begin, commit, count, keys_of, meanwhile, put, record, record_of,
    records, records_in, remove,
};

/// Keys that are easily confused, or put in another order than that of their bytes.
#[rustfmt::skip]
const KEYS: [&str; 30] = [
    "Z", "a", "a/", "a/b", "a/b/c", "ab", "a\u{10ffff}", "a\u{10ffff}b", "A", "a b", "a'b",
    "a\"b", "%", "a%b", "a_b", "axb", "a\\b", "\\%", "_", "*", "a*b", "?", "[a]", "ä", "a\u{308}",
    "äb", "ß", "\u{d7ff}b", "\u{ffff}", "\u{10000}",
];

/// Beginnings of them, and of none.
#[rustfmt::skip]
const PREFIXES: [&str; 21] = [
    "", "a", "a/", "a/b", "A", "ab", "%", "a%", "_", "a_", "\\", "a\\", "*", "a'", "ä",
    "\u{d7ff}", "\u{ffff}", "\u{10ffff}", "a\u{10ffff}", "nothing", "a/b/c/d",
];

/// Catches the order of a language, or of UTF-16, and keys that are taken for the same.
pub async fn records_are_listed_in_the_order_of_their_bytes(fixture: impl ReadModelsFixture) {
    let expected = put_keys(&fixture).await;
    assert_eq!(keys_of(&records(&fixture, "", "", 1000).await), expected);
    assert_eq!(keys_of(&records_in(&mut *begin(&fixture).await, "", "", 1000).await), expected);
    for key in KEYS {
        assert_eq!(record(&fixture, key).await.as_deref(), Some(key));
    }
}

/// Catches a prefix that is taken for a pattern, compared in another case, or has no end.
pub async fn records_are_listed_by_how_their_keys_begin(fixture: impl ReadModelsFixture) {
    let keys = put_keys(&fixture).await;
    let beginning_with = |prefix| {
        keys.iter().filter(move |key| key.starts_with(prefix)).copied().collect::<Vec<_>>()
    };
    for prefix in PREFIXES {
        let listed = records(&fixture, prefix, "", 1000).await;
        assert_eq!(keys_of(&listed), beginning_with(prefix), "those that begin with {prefix:?}");
    }
    let mut tx = begin(&fixture).await;
    for prefix in PREFIXES {
        let expected = beginning_with(prefix);
        let listed = records_in(&mut *tx, prefix, "", 1000).await;
        assert_eq!(keys_of(&listed), expected, "those that begin with {prefix:?}");
        let counted = usize::try_from(count(&mut *tx, prefix).await).expect("they are few");
        assert_eq!(counted, expected.len(), "those that begin with {prefix:?}");
    }
}

/// Catches a bound that is inclusive, or forgotten beside the prefix, and a limit that is not kept.
pub async fn records_are_listed_after_a_key_up_to_a_limit(fixture: impl ReadModelsFixture) {
    let keys = put_keys(&fixture).await;
    let mut questions = Vec::new();
    for prefix in ["", "a", "a/", "\u{ffff}"] {
        for after in KEYS.into_iter().chain(["", "a/a", "zz"]) {
            questions.extend([0, 1, 3, usize::MAX].map(|limit| (prefix, after, limit)));
        }
    }
    let expected = |(prefix, after, limit)| {
        let is_meant = move |key: &&&str| key.starts_with(prefix) && **key > after;
        keys.iter().filter(is_meant).take(limit).copied().collect::<Vec<_>>()
    };
    for question @ (prefix, after, limit) in questions.iter().copied() {
        let listed = records(&fixture, prefix, after, limit).await;
        assert_eq!(keys_of(&listed), expected(question), "{question:?}");
    }
    let mut tx = begin(&fixture).await;
    for question @ (prefix, after, limit) in questions.iter().copied() {
        let listed = records_in(&mut *tx, prefix, after, limit).await;
        assert_eq!(keys_of(&listed), expected(question), "{question:?}");
    }
}

/// Catches a listing that is of what is committed, or is cut before it is merged with what is not.
pub async fn a_transaction_lists_what_it_left(fixture: impl ReadModelsFixture) {
    let mut tx = begin(&fixture).await;
    for key in ["b", "d", "f", "h"] {
        put(&mut *tx, key, "old").await;
    }
    commit(tx).await;

    let mut tx = begin(&fixture).await;
    for key in ["a", "d", "e"] {
        put(&mut *tx, key, "new").await;
    }
    for key in ["b", "f"] {
        remove(&mut *tx, key).await;
    }
    let [a, d, e] = ["a", "d", "e"].map(|key| record_of(key, "new"));
    let h = record_of("h", "old");
    assert_eq!(records_in(&mut *tx, "", "", 3).await, [a, d, e.clone()]);
    assert_eq!(records_in(&mut *tx, "", "d", 3).await, [e, h]);
    assert_eq!(count(&mut *tx, "").await, 4);
    meanwhile(&fixture, async {
        assert_eq!(keys_of(&records(&fixture, "", "", 10).await), ["b", "d", "f", "h"]);
    })
    .await;
}

/// Commits a record under each of [`KEYS`], and answers with their order.
async fn put_keys(fixture: &impl ReadModelsFixture) -> Vec<&'static str> {
    let mut tx = begin(fixture).await;
    let records = KEYS.map(|key| record_of(key, key));
    tx.put(AREA, &records).await.expect("records can be put");
    commit(tx).await;
    let mut keys = KEYS.to_vec();
    keys.sort_unstable();
    keys
}
