use annals::Event;

#[derive(Event)]
#[event("closed")]
struct Closed;

#[derive(Event)]
enum BankEvent {
    #[event(nested, "account-closed")]
    Closed(Closed),
}

fn main() {}
