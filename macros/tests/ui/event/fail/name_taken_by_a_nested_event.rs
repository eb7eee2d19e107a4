use annals::Event;

#[derive(Event)]
#[event("closed")]
struct Closed;

#[derive(Event)]
enum BankEvent {
    #[event("closed")]
    BankClosed,
    #[event(nested)]
    Closed(Closed),
}

fn main() {}
