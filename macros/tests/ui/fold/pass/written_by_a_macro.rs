use annals::{Event, Fold};

#[derive(Event)]
enum CounterEvent {
    #[event("counted")]
    Counted { by: u64 },
}

macro_rules! counter {
    ($name:ident, $event:ident, $by:ident => $step:expr) => {
        #[derive(Default, Fold)]
        #[fold($event)]
        struct $name {
            #[fold(Counted { $by } => self.count + $step)]
            count: u64,
            #[fold(Counted { by } => |steps| steps.push(*by + self.count))]
            steps: Vec<u64>,
        }
    };
}

counter!(Counter, CounterEvent, by => by * 2);

fn main() {
    let mut counter = Counter::default();
    counter.evolve(&CounterEvent::Counted { by: 3 });
    assert_eq!((counter.count, counter.steps), (6, vec![3]));
}
