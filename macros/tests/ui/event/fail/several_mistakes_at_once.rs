use annals::Event;

#[derive(Event)]
enum AccountEvent {
    Opened,
    #[event("closed", version = 2)]
    Closed,
}

fn main() {}
