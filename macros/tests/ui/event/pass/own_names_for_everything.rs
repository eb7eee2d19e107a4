#![allow(dead_code, non_camel_case_types, non_upper_case_globals, unused_macros)]

struct Result;
struct Option;
struct Vec;
struct Some;
struct None;
struct Ok;
struct Err;
struct String;
struct Default;
struct From;
struct Payload;
struct EventType;
struct SchemaVersion;
trait Serialize {}
trait Deserialize {}
mod serde {}
mod annals {}
mod core {}
mod std {}

const name: u8 = 0;
const version: u8 = 0;
const payload: u8 = 0;
static event: u8 = 0;
struct serializer;
struct read;
const fn encode() {}
const fn decode() {}

macro_rules! vec {
    () => {};
}

macro_rules! matches {
    () => {};
}

macro_rules! unreachable {
    () => {};
}

#[derive(::annals::Event)]
enum AccountEvent {
    #[event("account-opened")]
    Opened { owner: ::std::string::String },
    #[event("moved")]
    Moved(u32, u32),
    #[event("closed", version = 2, upcast(1 = ::core::result::Result::Ok))]
    Closed,
}

#[derive(::annals::Event)]
enum BankEvent {
    #[event(nested)]
    Account(AccountEvent),
    #[event("bank-closed")]
    Closed,
}

fn main() {}
