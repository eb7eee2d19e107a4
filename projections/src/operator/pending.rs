//! What is asked for and not yet done, and taking that back.

use annals_core::{StoreError, Timestamp};

use super::{Answer, AskError, Operator};
use crate::{
    books::{self, Action, Request, Standing},
    requests,
};

/// What is asked for, and neither done nor refused yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What is asked for.
    pub what: Action,
    /// By whom.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
}

impl Operator {
    /// What is asked of a projection and not yet done, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    pub async fn pending(&self, name: &str) -> Result<Vec<Pending>, StoreError> {
        let requests = books::committed_below::<Request>(&*self.models, &books::part(name)).await?;
        let pending = |request: Request| {
            let Request { what, by, at, .. } = request;
            Pending { what, by, at: books::moment(at) }
        };
        Ok(requests.into_iter().map(|(_, request)| pending(request)).collect())
    }

    /// Takes back everything that is asked of a projection and not yet done, on behalf of `by`. Whoever waits for it
    /// learns that, and the history keeps it.
    ///
    /// What a runner does at the same moment is either done or taken back, and never both. Of what is done share by
    /// share, those that have begun end what they do.
    ///
    /// # Errors
    ///
    /// [`AskError::Unknown`] if there is none of that name, or [`AskError::Store`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, some may be taken back, and others not.
    pub async fn withdraw(&self, name: &str, by: &str) -> Result<Vec<Answer>, AskError> {
        let (models, part) = (&*self.models, books::part(name));
        if books::committed::<Standing>(models, &part).await?.is_none() {
            return Err(AskError::Unknown { name: name.to_owned() });
        }
        let mut withdrawn = vec![];
        for (key, _) in books::committed_below::<Request>(models, &part).await? {
            withdrawn.extend(requests::withdraw(models, &key, by).await?.map(Answer::from));
        }
        Ok(withdrawn)
    }
}
