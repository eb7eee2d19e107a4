use annals::Event;

#[derive(Event)]
#[event("closed")]
struct Closed;

#[derive(Event)]
#[event(nested)]
struct BankClosed(Closed);

fn main() {}
