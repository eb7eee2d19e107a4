//! A moment as PostgreSQL sends it: whole microseconds, so that none is lost on the way.

use annals_core::Timestamp;
use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef, types::Oid},
};

/// Microseconds from 1970 to 2000, from where PostgreSQL counts.
const TO_2000: i64 = 946_684_800_000_000;

/// A `timestamptz`.
///
/// Source of the numbers: `pg_type.dat` in PostgreSQL's source, where they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamptz(pub(crate) Timestamp);

impl Type<Postgres> for Timestamptz {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl PgHasArrayType for Timestamptz {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185))
    }
}

impl Encode<'_, Postgres> for Timestamptz {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = self.0.as_micros().checked_sub(TO_2000).ok_or("a time before all others")?;
        Encode::<Postgres>::encode(micros, buffer)
    }
}

impl Decode<'_, Postgres> for Timestamptz {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let micros: i64 = Decode::<Postgres>::decode(value)?;
        Ok(Self(from_micros(micros).ok_or("a time that no calendar can name")?))
    }
}

/// The moment so many microseconds after 2000, if a calendar can name it.
pub(crate) fn from_micros(micros: i64) -> Option<Timestamp> {
    micros.checked_add(TO_2000).and_then(Timestamp::from_micros)
}
