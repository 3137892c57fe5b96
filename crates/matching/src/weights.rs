//! The weights: how much each agreement and disagreement says, as a table with a version that an operator can replace.

use std::fmt::Write;

/// Declares the levels with the words under which they stand in a table.
macro_rules! levels {
    ($($level:ident $word:literal,)+) => {
        /// What can be found when two people are compared.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Level {
            $(#[doc = $word] $level,)+
        }

        impl Level {
            /// All of them.
            pub const ALL: &[Level] = &[$(Level::$level,)+];

            /// The word in a table of weights: the fact, a point, what was found.
            pub fn word(self) -> &'static str {
                match self {
                    $(Level::$level => $word,)+
                }
            }
        }
    };
}

levels! {
    GivenSame "given.same", GivenCommon "given.common", GivenVariant "given.variant", GivenSimilar "given.similar",
    GivenSecond "given.second", GivenInitial "given.initial", GivenDifferent "given.different",
    FamilySame "family.same", FamilyCommon "family.common", FamilyPart "family.part", FamilySimilar "family.similar",
    FamilyMaiden "family.maiden", FamilyDifferent "family.different",
    FamilySecond "family.second", NameSwapped "name.swapped", NameHalfSwapped "name.half_swapped",
    MiddleSame "middle.same", MiddleSimilar "middle.similar", MiddleDifferent "middle.different",
    SuffixSame "suffix.same", SuffixDifferent "suffix.different",
    DateSame "birth_date.same", DateStandIn "birth_date.stand_in", DateNeighbor "birth_date.neighbor",
    DateSwapped "birth_date.swapped", DateOtherPart "birth_date.other_part", DateOtherYear "birth_date.other_year",
    DateDifferent "birth_date.different",
    SexSame "sex.same", SexDifferent "sex.different",
    OrderDifferent "birth_order.different", MultipleBirth "multiple_birth.both",
    AddressSame "address.same", AddressSimilar "address.similar", AddressPostcode "address.postcode",
    AddressZip "address.zip", AddressCity "address.city", AddressStreet "address.street", AddressNearby "address.nearby",
    AddressDifferent "address.different",
    PhoneSame "phone.same", PhoneLocal "phone.local", PhoneDifferent "phone.different",
    MaidenSame "maiden.same", MaidenPart "maiden.part", MaidenDifferent "maiden.different",
    MotherSame "mother.same", MotherPart "mother.part", MotherDifferent "mother.different",
    GuardianSame "guardian.same", GuardianPart "guardian.part", GuardianDifferent "guardian.different",
    IdentifierSame "identifier.same",
    SocialSecuritySame "social_security.same", SocialSecurityLastFour "social_security.last_four",
    SocialSecuritySimilar "social_security.similar", SocialSecurityDifferent "social_security.different",
    MedicaidSame "medicaid.same", MedicaidSimilar "medicaid.similar", MedicaidDifferent "medicaid.different",
    RegistrationSame "birth_registration.same", RegistrationSimilar "birth_registration.similar",
    RegistrationDifferent "birth_registration.different",
    HouseholdFurther "household.further", HouseholdLimit "household.limit",
    HouseholdLimitSameGiven "household.limit_same_given",
}

/// A table of weights with its version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weights {
    version: String,
    /// Hundredths of a bit, by level.
    hundredths: Vec<i32>,
}

/// A table of weights that cannot be used, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WeightsError(String);

impl std::fmt::Display for WeightsError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WeightsError {}

impl Weights {
    /// The weights that come with the program.
    ///
    /// # Source
    /// CMS patient matching v3.3, draft probabilities of a coincidence (first name .02, surname .005, birth date
    /// .0001, street .00003, phone .000001), rounded by hand; the rest is judgment, see decision 0090.
    pub fn builtin() -> Weights {
        Weights::parse(include_str!("weights.txt")).expect("the table that comes with the program is complete")
    }

    /// Reads a table: a line `version WORD`, and one `fact.found BITS` for every level; `#` begins a comment.
    ///
    /// # Errors
    /// Names the line, or the level that is missing.
    pub fn parse(text: &str) -> Result<Weights, WeightsError> {
        let mut version = None;
        let mut hundredths: Vec<Option<i32>> = vec![None; Level::ALL.len()];
        for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
            let Some((word, value)) = line.split_once(' ') else {
                if line.is_empty() {
                    continue;
                }
                return Err(WeightsError(format!("{line:?} has no value")));
            };
            let value = value.trim();
            if word == "version" {
                version = Some(value.to_owned());
                continue;
            }
            let place = Level::ALL.iter().position(|level| level.word() == word);
            let place = place.ok_or_else(|| WeightsError(format!("there is no weight {word:?}")))?;
            let bits: f64 = value.parse().map_err(|_| WeightsError(format!("{word}: {value:?} is not a number")))?;
            if !(-30.0..=30.0).contains(&bits) {
                return Err(WeightsError(format!("{word}: {value} is beyond 30 bits")));
            }
            hundredths[place] = Some((bits * 100.0).round() as i32);
        }
        let missing = hundredths.iter().position(Option::is_none);
        if let Some(level) = missing.map(|place| Level::ALL[place]) {
            return Err(WeightsError(format!("{} is missing", level.word())));
        }
        let version = version.ok_or_else(|| WeightsError("the version is missing".to_owned()))?;
        Ok(Weights { version, hundredths: hundredths.into_iter().flatten().collect() })
    }

    /// The table as text, as [`Weights::parse`] reads it.
    pub fn to_text(&self) -> String {
        let mut text = format!("version {}\n", self.version);
        for level in Level::ALL {
            let _ = writeln!(text, "{} {:.2}", level.word(), f64::from(self.of(*level)) / 100.0);
        }
        text
    }

    /// What the table is called; kept with every decision.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The weight of a level, in hundredths of a bit.
    pub fn of(&self, level: Level) -> i32 {
        self.hundredths[level as usize]
    }

    /// The same table under another name and with some weights replaced, in bits.
    pub fn with(&self, version: &str, replaced: impl Iterator<Item = (Level, f64)>) -> Weights {
        let mut weights = Weights { version: version.to_owned(), hundredths: self.hundredths.clone() };
        for (level, bits) in replaced {
            weights.hundredths[level as usize] = (bits.clamp(-30.0, 30.0) * 100.0).round() as i32;
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let builtin = Weights::builtin();
        assert_eq!(Weights::parse(&builtin.to_text()), Ok(builtin.clone()));
        assert_eq!(builtin.of(Level::FamilySame), 1050);
        let other = builtin.with("mine", [(Level::SexSame, 0.5)].into_iter());
        assert_eq!((other.version(), other.of(Level::SexSame), other.of(Level::FamilySame)), ("mine", 50, 1050));
    }

    #[test]
    fn a_table_that_lacks_something_is_refused_with_its_name() {
        let text = Weights::builtin().to_text();
        for (mended, expected) in [
            (text.replace("sex.same 1.00\n", ""), "sex.same is missing"),
            (text.replace("sex.same", "sex.alike"), "there is no weight \"sex.alike\""),
            (text.replace("sex.same 1.00", "sex.same much"), "sex.same: \"much\" is not a number"),
            (text.replace("sex.same 1.00", "sex.same 99"), "sex.same: 99 is beyond 30 bits"),
            (text.replace("version 2026-11.2\n", ""), "the version is missing"),
        ] {
            assert_eq!(Weights::parse(&mended).map_err(|error| error.to_string()), Err(expected.to_owned()));
        }
    }
}
