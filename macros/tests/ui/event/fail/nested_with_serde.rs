use annals::Event;

#[derive(Event)]
#[event("closed")]
struct Closed;

#[derive(Event)]
enum BankEvent {
    #[event(nested)]
    Closed(#[serde(default)] Closed),
}

fn main() {}
