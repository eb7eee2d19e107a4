//! Records are kept under their keys, and gone once they are removed.

use super::{
    AREA, ReadModelsFixture, begin, commit, count, keys_of, meanwhile, put, record, record_in,
    record_of, records, records_in,
};

/// Catches a store that is not fresh, or fails where there is nothing.
pub async fn there_are_no_records_at_first(fixture: impl ReadModelsFixture) {
    assert_eq!(record(&fixture, "ada").await, None);
    assert_eq!(records(&fixture, "", "", 10).await, []);
    let mut tx = begin(&fixture).await;
    assert_eq!(record_in(&mut *tx, "ada").await, None);
    assert_eq!(records_in(&mut *tx, "", "", 10).await, []);
    assert_eq!(count(&mut *tx, "").await, 0);
}

/// Catches a transaction that does not see what it wrote, or whose writes others see.
pub async fn a_record_is_seen_by_others_once_it_is_committed(fixture: impl ReadModelsFixture) {
    let mut tx = begin(&fixture).await;
    put(&mut *tx, "ada", "1").await;
    assert_eq!(record_in(&mut *tx, "ada").await.as_deref(), Some("1"));
    assert_eq!(records_in(&mut *tx, "", "", 10).await, [record_of("ada", "1")]);
    assert_eq!(count(&mut *tx, "").await, 1);
    meanwhile(&fixture, async {
        assert_eq!(record(&fixture, "ada").await, None);
        assert_eq!(records(&fixture, "", "", 10).await, []);
    })
    .await;
    commit(tx).await;

    assert_eq!(record(&fixture, "ada").await.as_deref(), Some("1"));
    assert_eq!(records(&fixture, "", "", 10).await, [record_of("ada", "1")]);
    assert_eq!(record_in(&mut *begin(&fixture).await, "ada").await.as_deref(), Some("1"));
}

/// Catches a put that fails, or keeps the old content, where a record is.
pub async fn a_record_that_is_put_again_is_replaced(fixture: impl ReadModelsFixture) {
    for content in ["1", "2", "2", "1"] {
        let mut tx = begin(&fixture).await;
        for content in ["first", content] {
            put(&mut *tx, "ada", content).await;
            assert_eq!(record_in(&mut *tx, "ada").await.as_deref(), Some(content));
        }
        commit(tx).await;
        assert_eq!(record(&fixture, "ada").await.as_deref(), Some(content));
    }
}

/// Catches a removal that fails where nothing is, takes more than it should, or is final.
pub async fn a_record_that_is_removed_is_gone(fixture: impl ReadModelsFixture) {
    let mut tx = begin(&fixture).await;
    for key in ["ada", "bob", "cleo"] {
        put(&mut *tx, key, "1").await;
    }
    commit(tx).await;

    let mut tx = begin(&fixture).await;
    let keys = ["ada", "nobody", "bob"].map(String::from);
    tx.remove(AREA, &keys).await.expect("records can be removed, as far as they are there");
    assert_eq!(record_in(&mut *tx, "ada").await, None);
    assert_eq!(keys_of(&records_in(&mut *tx, "", "", 10).await), ["cleo"]);
    assert_eq!(count(&mut *tx, "").await, 1);
    meanwhile(&fixture, async {
        assert_eq!(record(&fixture, "ada").await.as_deref(), Some("1"));
    })
    .await;
    put(&mut *tx, "bob", "2").await;
    commit(tx).await;

    assert_eq!(
        records(&fixture, "", "", 10).await,
        [record_of("bob", "2"), record_of("cleo", "1")]
    );
}

/// Catches a store that fails where there is nothing to do.
pub async fn no_records_can_be_put_and_removed(fixture: impl ReadModelsFixture) {
    let mut tx = begin(&fixture).await;
    tx.put(AREA, &[]).await.expect("no records can be put");
    tx.remove(AREA, &[]).await.expect("no records can be removed");
    put(&mut *tx, "ada", "1").await;
    commit(tx).await;
    assert_eq!(records(&fixture, "", "", 10).await, [record_of("ada", "1")]);
}

/// Catches a store that looks for the key alone, or takes areas for the same that look alike.
pub async fn records_of_other_areas_are_kept_apart(fixture: impl ReadModelsFixture) {
    let areas = ["lease", "Lease", "leas", "lease2", "%", "_", "lease:ada", &"ä".repeat(127)];
    let mut tx = begin(&fixture).await;
    for area in areas {
        tx.put(area, &[record_of("ada", area)]).await.expect("a record can be put");
    }
    tx.remove("nothing", &["ada".into()]).await.expect("it need not be there");
    for area in areas {
        assert_eq!(tx.count(area, "").await.expect("records can be counted"), 1);
    }
    commit(tx).await;

    let models = fixture.read_models();
    for area in areas {
        let expected = record_of("ada", area);
        let record = models.record(area, "ada").await.expect("a record can be read");
        assert_eq!(record.as_ref(), Some(&expected.content));
        let records = models.records(area, "", "", 10).await.expect("records can be listed");
        assert_eq!(records, [expected]);
    }
    assert_eq!(models.record("nothing", "ada").await.expect("it can be looked for"), None);
}

/// Catches a text that is normalised, trimmed, cut, or looked into.
pub async fn the_content_of_a_record_is_kept_byte_for_byte(fixture: impl ReadModelsFixture) {
    let contents = [
        "",
        " ",
        "\n1\t\r\n",
        "null",
        "1e-7",
        r#"{"b": 1,  "a":1.0, "a":2}"#,
        r#""\u0000""#,
        "'; --",
        "äöüß",
        "a\u{308}",
        "\u{1}\u{7f}\u{feff}",
        "\u{10ffff}",
        "👩‍👩‍👧",
        "שלום",
        "\\",
        "%s $1 ?1",
    ];
    let long = "ä\u{10ffff}".repeat((1 << 20) / 6);
    for content in contents.into_iter().chain([long.as_str()]) {
        let mut tx = begin(&fixture).await;
        put(&mut *tx, "ada", content).await;
        assert!(record_in(&mut *tx, "ada").await.as_deref() == Some(content), "{content:.20}");
        commit(tx).await;
        assert!(record(&fixture, "ada").await.as_deref() == Some(content), "{content:.20}");
    }
}

/// Catches names that are cut, and statements that take no more than so many.
pub async fn many_records_with_long_keys_are_written_at_once(fixture: impl ReadModelsFixture) {
    // The longest there may be, which differ only at their ends.
    let key = |number: usize| format!("{}{number:04}", "ä".repeat(748));
    let all: Vec<_> = (0..5000).map(|number| record_of(key(number), number.to_string())).collect();
    let mut tx = begin(&fixture).await;
    tx.put(AREA, &all).await.expect("many records can be put");
    commit(tx).await;
    assert!(records(&fixture, "ä", "", usize::MAX).await == all);

    let mut tx = begin(&fixture).await;
    let keys: Vec<_> = (1..5000).map(key).collect();
    tx.remove(AREA, &keys).await.expect("many records can be removed");
    commit(tx).await;
    assert_eq!(records(&fixture, "", "", usize::MAX).await, all[..1]);
}
