#![no_implicit_prelude]

#[derive(::annals::Event)]
enum AccountEvent {
    #[event("account-opened")]
    Opened {
        #[serde(default)]
        owner: ::std::string::String,
    },
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
