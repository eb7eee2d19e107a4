#![no_implicit_prelude]

#[derive(::annals::Event)]
enum AccountEvent {
    #[event("opened")]
    Opened { owner: u8 },
    #[event("closed")]
    Closed,
}

#[derive(::core::default::Default, ::annals::Fold)]
#[fold(AccountEvent)]
struct Account {
    #[fold(Opened { owner } => *owner)]
    owner: u8,
    #[fold(Opened { owner } if *owner > 0 => |seen| seen.push(*owner), Closed => |seen| seen.clear())]
    seen: ::std::vec::Vec<u8>,
}

fn main() {}
