use annals::Event;

#[derive(Event)]
#[event("closed")]
struct Closed;

#[derive(Event)]
enum BankEvent {
    #[event(nested)]
    Closed(Closed, u64),
}

fn main() {}
