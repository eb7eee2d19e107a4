//! An aggregate to decide on, some of whose events do not survive storage.

use std::fmt;

use annals_core::{
    Aggregate, Category, Command, DecodeError, EncodeError, Event, EventType, Fold, Payload,
    SchemaVersion, UpcastError,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AccountEvent {
    Opened {
        owner: String,
    },
    Deposited {
        cents: u64,
    },
    /// Written in whole euros: what is less is lost.
    Rounded {
        cents: u64,
    },
    /// Written under a name that is not read.
    Misspelt,
    /// Written in a form that is not read.
    Unreadable,
}

impl Event for AccountEvent {
    const NAMES: &'static [&'static str] = &["opened", "deposited", "rounded", "unreadable"];

    fn event_type(&self) -> EventType {
        EventType::new(match self {
            Self::Opened { .. } => "opened",
            Self::Deposited { .. } => "deposited",
            Self::Rounded { .. } => "rounded",
            Self::Misspelt => "misspelled",
            Self::Unreadable => "unreadable",
        })
    }

    fn schema_version(&self) -> SchemaVersion {
        SchemaVersion::FIRST
    }

    fn encode(&self) -> Result<Payload, EncodeError> {
        let text = match self {
            Self::Opened { owner } => owner.clone(),
            Self::Deposited { cents } => cents.to_string(),
            Self::Rounded { cents } => (cents / 100).to_string(),
            Self::Misspelt | Self::Unreadable => String::new(),
        };
        Ok(text.into_bytes().into())
    }

    fn decode(
        event_type: &str,
        version: SchemaVersion,
        payload: &Payload,
    ) -> Result<Option<Self>, DecodeError> {
        let text = payload.as_text().unwrap().to_owned();
        Ok(Some(match event_type {
            "opened" => Self::Opened { owner: text },
            "deposited" => Self::Deposited { cents: text.parse().unwrap() },
            "rounded" => Self::Rounded { cents: text.parse::<u64>().unwrap() * 100 },
            "unreadable" => {
                let event_type = EventType::new("unreadable");
                let source = UpcastError::new("there is nothing in it");
                return Err(DecodeError::Upcast { event_type, from: version, source });
            }
            _ => return Ok(None),
        }))
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    balance: u64, // cents
}

impl Fold for Account {
    type Event = AccountEvent;

    fn evolve(&mut self, event: &AccountEvent) {
        if let AccountEvent::Deposited { cents } = event {
            self.balance += cents;
        }
    }
}

impl Aggregate for Account {
    const CATEGORY: Category = Category::new("account");
}

/// Is decided as it says, unless there is not the money for it.
pub(crate) struct Decide {
    pub(crate) cents: u64,
    pub(crate) events: Vec<AccountEvent>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Overdrawn {
    pub(crate) short_by: u64,
}

impl fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cents are missing", self.short_by)
    }
}

impl std::error::Error for Overdrawn {}

impl Command for Decide {
    type Aggregate = Account;
    type Rejection = Overdrawn;

    fn decide(&self, account: &Account) -> Result<Vec<AccountEvent>, Overdrawn> {
        match self.cents.checked_sub(account.balance) {
            None | Some(0) => Ok(self.events.clone()),
            Some(short_by) => Err(Overdrawn { short_by }),
        }
    }
}
