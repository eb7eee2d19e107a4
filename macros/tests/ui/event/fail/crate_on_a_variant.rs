use annals::Event;

#[derive(Event)]
enum AccountEvent {
    #[event("opened", crate = annals)]
    Opened,
}

fn main() {}
