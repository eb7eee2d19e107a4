use annals::Event;

#[derive(Event)]
enum AccountEvent {
    #[event("opened")]
    #[serde(skip)]
    Opened,
}

fn main() {}
