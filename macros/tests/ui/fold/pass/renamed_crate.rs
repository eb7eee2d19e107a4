extern crate annals as renamed;

use renamed::{Event, Fold};

#[derive(Event)]
#[event("counted", crate = renamed)]
struct Counted;

#[derive(Event)]
#[event(crate = renamed)]
enum CounterEvent {
    #[event(nested)]
    Counted(Counted),
}

#[derive(Default, Fold)]
#[fold(CounterEvent, crate = renamed)]
struct Counter {
    #[fold(Counted => self.count + 1)]
    count: u64,
}

fn main() {
    let mut counter = Counter::default();
    counter.evolve(&CounterEvent::Counted(Counted));
    assert_eq!(counter.count, 1);
}
