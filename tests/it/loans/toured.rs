//! The tour, which begins anew each time.

use std::fs;

use super::{example::tour::tour, places::fresh_folder};

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_removes_what_it_left_itself_and_nothing_else() {
    let folder = fresh_folder();
    let imported = folder.join("loans.db");
    fs::write(&imported, "the real log").unwrap();
    for _ in 0..2 {
        assert!(tour(&folder, 20).await.unwrap());
        assert!(folder.join("tour.html").exists());
    }
    assert_eq!(fs::read_to_string(&imported).unwrap(), "the real log");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_says_what_it_cannot_remove() {
    let folder = fresh_folder();
    fs::create_dir(folder.join("tour.db")).unwrap();
    let error = tour(&folder, 1).await.unwrap_err().to_string();
    assert!(error.contains("tour.db cannot be removed"), "{error}");
}
