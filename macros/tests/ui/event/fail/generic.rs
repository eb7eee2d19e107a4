use annals::Event;

#[derive(Event)]
#[event("opened")]
struct Opened<T> {
    owner: T,
}

fn main() {}
