//! The words of the bank, each with its name in the log of the year 2012.

/// An enum whose values have a name of ours, and one in the bank's log.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $ours:literal, $theirs:literal;)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            serde::Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name {
            $($variant,)+
        }

        impl $name {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it is written here.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $ours),+ }
            }

            /// As the bank's log has it.
            pub(crate) fn logged(self) -> &'static str {
                match self { $(Self::$variant => $theirs),+ }
            }

            /// The one of which the bank's log has that name.
            pub(crate) fn of_logged(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.logged() == name)
            }
        }
    };
}

words! {
    /// What an application can be.
    State {
        Submitted = "submitted", "A_SUBMITTED";
        PartlySubmitted = "partly-submitted", "A_PARTLYSUBMITTED";
        Preaccepted = "preaccepted", "A_PREACCEPTED";
        Accepted = "accepted", "A_ACCEPTED";
        Finalised = "finalised", "A_FINALIZED";
        Approved = "approved", "A_APPROVED";
        Registered = "registered", "A_REGISTERED";
        Activated = "activated", "A_ACTIVATED";
        Declined = "declined", "A_DECLINED";
        Cancelled = "cancelled", "A_CANCELLED";
    }
}

words! {
    /// What an offer can be.
    OfferState {
        Selected = "selected", "O_SELECTED";
        Created = "created", "O_CREATED";
        Sent = "sent", "O_SENT";
        SentBack = "sent-back", "O_SENT_BACK";
        Accepted = "accepted", "O_ACCEPTED";
        Declined = "declined", "O_DECLINED";
        Cancelled = "cancelled", "O_CANCELLED";
    }
}

words! {
    /// What there is to do about an application.
    Work {
        HandleLeads = "handle-leads", "W_Afhandelen leads";
        CompleteApplication = "complete-application", "W_Completeren aanvraag";
        FollowUpOffers = "follow-up-offers", "W_Nabellen offertes";
        ChaseDocuments = "chase-documents", "W_Nabellen incomplete dossiers";
        AssessApplication = "assess-application", "W_Valideren aanvraag";
        AssessFraud = "assess-fraud", "W_Beoordelen fraude";
        ChangeContract = "change-contract", "W_Wijzigen contractgegevens";
    }
}

words! {
    /// What is done about a piece of work.
    Step {
        Schedule = "schedule", "SCHEDULE";
        Start = "start", "START";
        Complete = "complete", "COMPLETE";
    }
}

impl State {
    /// Whether nothing comes after it.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Declined | Self::Cancelled)
    }
}
