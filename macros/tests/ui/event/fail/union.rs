use annals::Event;

#[derive(Event)]
union Opened {
    owner: u32,
}

fn main() {}
