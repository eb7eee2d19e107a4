use annals::Event;

#[derive(Event)]
enum AccountEvent {}

fn main() {}
