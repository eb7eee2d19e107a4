use annals::Event;

struct Closed;

#[derive(Event)]
enum BankEvent {
    #[event(nested)]
    Closed(Closed),
}

fn main() {}
