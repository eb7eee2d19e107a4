use annals::Event;

macro_rules! events {
    ($name:ident { $($variant:ident: $stored:literal => $ty:ty),* }) => {
        #[derive(Event)]
        enum $name {
            $(#[event($stored)] $variant { content: $ty },)*
        }
    };
}

events!(AccountEvent { Opened: "account-opened" => String, Closed: "account-closed" => u8 });

fn main() {
    assert_eq!(AccountEvent::NAMES, ["account-opened", "account-closed"]);
}
