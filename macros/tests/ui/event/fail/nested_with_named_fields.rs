use annals::Event;

#[derive(Event)]
#[event("closed")]
struct Closed;

#[derive(Event)]
enum BankEvent {
    #[event(nested)]
    Closed { event: Closed },
}

fn main() {}
