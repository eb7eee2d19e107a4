use annals::Event;

#[derive(Event)]
#[event("opened", version = 2, upcast(1 = double))]
struct Opened;

fn double(cents: u64) -> u64 {
    cents * 2
}

fn main() {}
