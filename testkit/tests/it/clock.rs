//! Time passes only as told.

use std::{sync::Arc, time::Duration};

use annals_core::{Clock, Timestamp};
use annals_testkit::{ManualClock, conformance::run};
use futures::{FutureExt, join};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn time_stands_still_until_it_is_moved() {
    let noon = Timestamp::UNIX_EPOCH.plus(12 * 3600 * SECOND);
    let clock = ManualClock::at(noon);
    assert_eq!(clock.now(), noon);

    clock.advance(SECOND);
    assert_eq!(clock.now(), noon.plus(SECOND));
}

#[test]
fn a_sleeper_wakes_once_its_time_has_come() {
    let clock = ManualClock::default();
    let mut sleep = clock.sleep(2 * SECOND);
    assert_eq!((&mut sleep).now_or_never(), None);

    clock.advance(SECOND);
    assert_eq!((&mut sleep).now_or_never(), None);

    clock.advance(SECOND);
    assert_eq!(sleep.now_or_never(), Some(()));
}

#[test]
fn a_test_can_wait_until_someone_sleeps() {
    let clock = Arc::new(ManualClock::default());
    run(async {
        let sleeper = async {
            clock.sleep(SECOND).await;
            clock.sleep(2 * SECOND).await;
        };
        let test = async {
            clock.asked_to_sleep(1).await;
            clock.advance(SECOND);
            clock.asked_to_sleep(2).await;
            clock.advance(2 * SECOND);
        };
        join!(sleeper, test);
    });
    assert_eq!(clock.sleeps(), [SECOND, 2 * SECOND]);
}

#[test]
fn a_leaping_clock_is_moved_by_who_sleeps() {
    let clock = ManualClock::default().leaping();
    for seconds in [1, 2, 4] {
        assert_eq!(clock.sleep(seconds * SECOND).now_or_never(), Some(()));
    }
    assert_eq!(clock.now(), Timestamp::UNIX_EPOCH.plus(7 * SECOND));
    assert_eq!(clock.sleeps(), [SECOND, 2 * SECOND, 4 * SECOND]);
}
