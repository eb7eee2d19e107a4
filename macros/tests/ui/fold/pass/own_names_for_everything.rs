#![allow(dead_code, non_camel_case_types, non_upper_case_globals)]

struct Option;
struct Some;
struct None;
struct Fold;
struct Event;
struct Change;
mod annals {}
mod core {}

static event: u8 = 0;
const arm: u8 = 0;
const new: u8 = 0;
fn value() {}
fn change() {}

#[derive(::annals::Event)]
enum AccountEvent {
    #[event("opened")]
    Opened { owner: u8 },
    #[event("noted")]
    Noted { text: u8 },
}

#[derive(::std::default::Default, ::annals::Fold)]
#[fold(AccountEvent)]
struct Account {
    #[fold(Opened { owner } => *owner + event + arm + new)]
    event: u8,
    #[fold(Noted { text } => { value(); change(); *text + self.event })]
    change: u8,
    #[fold(Noted { text } => |value| value.push(*text))]
    value: ::std::vec::Vec<u8>,
}

fn main() {}
