use annals::{Event, Fold};

fn main() {
    #[derive(Event)]
    enum Local {
        #[event("counted")]
        Counted,
    }

    const STEP: u64 = 2;

    #[derive(Default, Fold)]
    #[fold(Local)]
    struct Counter {
        #[fold(Counted => self.count + STEP)]
        count: u64,
    }

    let mut counter = Counter::default();
    counter.evolve(&Local::Counted);
    assert_eq!(counter.count, 2);
}
