//! Findings: what is wrong with the data, told to its sender. What is wrong with the machine is an error instead.
//!
//! The kinds are named here; their codes, severities and sentences stand in one table, `findings.toml`.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// One thing found in a submission or query.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub kind: FindingKind,
    /// Where; `None` when the whole message is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The value received, or what else the sentence names; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
}

impl Finding {
    /// A finding about the whole message.
    pub fn new(kind: FindingKind) -> Finding {
        Finding { kind, location: None, value: String::new() }
    }

    /// The same, at a place.
    pub fn at(mut self, location: Location) -> Finding {
        self.location = Some(location);
        self
    }

    /// The same, naming a value.
    pub fn naming(mut self, value: impl Into<String>) -> Finding {
        self.value = value.into();
        self
    }

    /// Code, severity and sentences of this kind.
    pub fn rule(&self) -> &'static FindingRule {
        self.kind.rule()
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.rule().severity
    }

    /// The whole text for people: what was found (field in words, value received), what was done, how to mend it.
    pub fn sentence(&self) -> String {
        let rule = self.rule();
        let field = self.location.map(Location::field_in_words).unwrap_or("The message");
        let mut text = String::with_capacity(160);
        for part in [&rule.says, &rule.done, &rule.mend] {
            if part.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&part.replace("{field}", field).replace("{value}", &self.value));
        }
        text
    }
}

/// How much a finding matters: HL70516.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// `I`: worth knowing.
    Information,
    /// `W`: accepted, something may be lost.
    Warning,
    /// `E`: rejected, or something that matters was lost.
    Error,
}

impl Severity {
    /// The HL70516 letter.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Information => "I",
            Severity::Warning => "W",
            Severity::Error => "E",
        }
    }
}

/// What `findings.toml` says of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRule {
    /// The registry's own code, in ImmTrac2's families: MER message, CLR client, IMR immunization and FIR file
    /// rejected; IEE information or warning.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// HL70357 error code (ERR-3).
    pub error: u16,
    /// HL70533 application error code (ERR-5); 0 for none.
    #[serde(default)]
    pub application: u8,
    /// What was found. `{field}` is the field in words, `{value}` the value received.
    pub says: String,
    /// What the registry did.
    #[serde(default)]
    pub done: String,
    /// Whether what it is about is not kept.
    #[serde(default)]
    pub omits: bool,
    /// What the sender can do.
    #[serde(default)]
    pub mend: String,
}

/// A segment's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Segment(pub [u8; 3]);

impl Segment {
    /// A segment name known at compile time, such as `Segment::named("PID")`.
    pub const fn named(name: &str) -> Segment {
        let bytes = name.as_bytes();
        Segment([bytes[0], bytes[1], bytes[2]])
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

/// A place in a message, as ERR-2 names it: segment, its number among its kind, field, repetition, component,
/// subcomponent. All count from 1; 0 means "not that deep".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Location {
    /// Which kind of segment.
    pub segment: Segment,
    /// Which one of its kind, from 1.
    pub sequence: u16,
    /// Which field.
    pub field: u16,
    /// Which repetition.
    pub repetition: u16,
    /// Which component.
    pub component: u16,
    /// Which subcomponent.
    pub subcomponent: u16,
}

impl Location {
    /// A whole segment.
    pub const fn segment(segment: &str, sequence: u16) -> Location {
        Location { segment: Segment::named(segment), sequence, field: 0, repetition: 0, component: 0, subcomponent: 0 }
    }

    /// A field of a segment.
    pub const fn field(segment: &str, sequence: u16, field: u16) -> Location {
        Location { field, ..Location::segment(segment, sequence) }
    }

    /// A component of the same field; the repetition is 1 unless set.
    pub const fn component(mut self, component: u16) -> Location {
        if self.repetition == 0 {
            self.repetition = 1;
        }
        self.component = component;
        self
    }

    /// A repetition of the same field.
    pub const fn repetition(mut self, repetition: u16) -> Location {
        self.repetition = repetition;
        self
    }

    /// The field's name in plain words ("Birth date"), or the segment's.
    pub fn field_in_words(self) -> &'static str {
        let fields = &table().fields;
        let short = format!("{}-{}", self.segment.as_str(), self.field);
        fields.get(&short).or_else(|| fields.get(self.segment.as_str())).map(String::as_str).unwrap_or("The field")
    }
}

/// The form of ERR-2: `PID^1^5^1^2`.
impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}^{}", self.segment.as_str(), self.sequence)?;
        for part in [self.field, self.repetition, self.component, self.subcomponent] {
            if part == 0 {
                break;
            }
            write!(f, "^{part}")?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Location, String> {
        let refuse = || format!("{text:?} is no location: write it as ERR-2 does, PID^1^5");
        let mut parts = text.split('^');
        let name = parts.next().filter(|name| name.len() == 3 && name.is_ascii()).ok_or_else(refuse)?;
        let mut location = Location::segment(name, 0);
        let places = [
            &mut location.sequence,
            &mut location.field,
            &mut location.repetition,
            &mut location.component,
            &mut location.subcomponent,
        ];
        for (place, part) in places.into_iter().zip(parts) {
            *place = part.parse().map_err(|_| refuse())?;
        }
        Ok(location)
    }
}

impl Serialize for Location {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Location, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    fields: HashMap<String, String>,
    findings: HashMap<FindingKind, FindingRule>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE
        .get_or_init(|| toml::from_str(include_str!("../findings.toml")).expect("findings.toml is part of the program"))
}

macro_rules! finding_kinds {
    ($($name:ident,)+) => {
        /// What can be found. The meaning of each stands in `findings.toml` under the same name in snake case.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "documented in findings.toml, sentence by sentence")]
        pub enum FindingKind { $($name,)+ }

        impl FindingKind {
            /// All kinds, in the order of this file.
            pub const ALL: &[FindingKind] = &[$(FindingKind::$name,)+];
        }
    };
}

impl FindingKind {
    /// Code, severity and sentences of this kind.
    pub fn rule(self) -> &'static FindingRule {
        table().findings.get(&self).expect("a test holds findings.toml against the kinds")
    }
}

finding_kinds! {
    // The message as a whole.
    MessageTypeUnsupported,
    EventUnsupported,
    ProcessingIdUnsupported,
    VersionUnsupported,
    HeaderFieldMissing,
    MessageUnreadable,
    SegmentMissing,
    SegmentOutOfOrder,
    SegmentUnnamed,
    DelimitersUnusual,
    CharacterSetUnknown,
    CharactersReplaced,
    FacilityNotAllowed,
    ControlIdReused,
    MessageQuarantined,
    // Fields of any segment.
    RequiredFieldMissing,
    ValueNotInTable,
    ValueMalformed,
    ValueTooLong,
    DateInvalid,
    DateImplausible,
    FieldRepeated,
    RepetitionsIgnored,
    PartMissing,
    FieldEmpty,
    // The person.
    PatientNameMissing,
    PatientNamePlaceholder,
    BirthDateMissing,
    BirthDateInvalid,
    BirthDateInFuture,
    SexMissing,
    SexInvalid,
    IdentifierMissing,
    DeathBeforeBirth,
    BirthOrderMissing,
    RaceInvalid,
    EthnicityInvalid,
    RelationSelfNamedOtherwise,
    PhonePlaceholder,
    NextOfKinMissing,
    NextOfKinIgnored,
    PatientPending,
    PatientAmbiguous,
    PatientUnsure,
    IdentifierSharedWithOthers,
    PageCorrectionReplaced,
    // Consent.
    ConsentMissing,
    ConsentUnfitForAge,
    ConsentDateInvalid,
    ConsentDateInFuture,
    ConsentDateMissing,
    ConsentWithdrawn,
    WithdrawalOvertaken,
    ConsentRecorded,
    RecordProtected,
    DoseNeedsConsent,
    // Doses.
    OrderGroupDropped,
    NoOrderGroupLeft,
    DosesTooMany,
    DosesOfPersonTooMany,
    PartsTooMany,
    MessageWithoutDoses,
    VaccineMissing,
    VaccineUnknown,
    NdcUnknown,
    VaccineCodesDisagree,
    VaccineNotInUse,
    AdministrationDateMissing,
    AdministrationDateInvalid,
    AdministrationDateInFuture,
    AdministrationBeforeBirth,
    AdministrationAfterDeath,
    SourceMissing,
    LotExpired,
    LotMissing,
    ManufacturerMissing,
    ManufacturerUnknown,
    EligibilityMissing,
    RouteInvalid,
    BodySiteInvalid,
    EligibilityUnfitForAge,
    RouteUnfitForVaccine,
    BodySiteUnfitForRoute,
    VisMissing,
    RefusalReasonMissing,
    RefusalReasonUnexpected,
    RefusalByReason,
    OrderIdMissing,
    OrderIdOfNoDose,
    RefusalOfNoVaccine,
    ObservationUnreadable,
    ObservationNotFinal,
    ObservationDateImpossible,
    ObservationNotKept,
    FactsOfPersonTooMany,
    DoseAlreadyKnown,
    DoseUpdated,
    DoseReplaced,
    DoseRepeatedInMessage,
    DeleteMatchesNothing,
    DeleteNotOwned,
    UpdateNotOwned,
    UpdateMatchesNothing,
    DoseDeleted,
    // Queries.
    QueryTooVague,
    QueryUnreadable,
    IdentifierAlone,
    ForecastNotGiven,
    // Files.
    BatchCountWrong,
    FileCountWrong,
    TextBetweenMessages,
    FileAlreadyReceived,
    FileNameReused,
    FileCutOff,
    FileEndsEarly,
    FileEndsInLine,
    FileNamesOther,
    ColumnIgnored,
    RowTooLong,
    FileUnpackable,
    FileWithoutMessages,
    ColumnMissing,
    RowWithoutEnd,
    FileInUtf16,
    FileNotProcessed,
    QuestionInFile,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_sentences_and_every_code_is_its_own() {
        let mut codes = std::collections::HashSet::new();
        for kind in FindingKind::ALL {
            let rule = table().findings.get(kind).unwrap_or_else(|| panic!("{kind:?} is not in findings.toml"));
            assert!(codes.insert(rule.code.clone()), "{} stands twice in findings.toml", rule.code);
            let is_lost =
                ["ignored", "rejected", "Nothing ", "nothing ", "not stored", "not recorded", "not taken for"];
            let is_said_lost = is_lost.iter().any(|words| rule.done.contains(words));
            assert!(rule.omits || !is_said_lost, "{kind:?} says that something is not kept");
            let family = rule.code.split('-').next().unwrap_or_default();
            assert!(["MER", "CLR", "IMR", "FIR", "IEE"].contains(&family), "{} has no family", rule.code);
            assert_eq!(family == "IEE", rule.severity != Severity::Error, "{} is in the wrong family", rule.code);
            assert!(!rule.says.is_empty() && !rule.done.is_empty(), "{} says too little", rule.code);
            if rule.severity != Severity::Information {
                assert!(!rule.mend.is_empty(), "{} does not say how to mend it", rule.code);
            }
        }
        assert_eq!(table().findings.len(), FindingKind::ALL.len());
    }

    #[test]
    fn a_location_reads_back_as_written() {
        let location = Location::field("RXA", 2, 5).component(1);
        assert_eq!(location.to_string(), "RXA^2^5^1^1");
        assert_eq!(location.to_string().parse(), Ok(location));
        assert_eq!(Location::segment("NK1", 1).to_string(), "NK1^1");
    }

    #[test]
    fn a_sentence_names_field_value_deed_and_mend() {
        let finding =
            Finding::new(FindingKind::VaccineUnknown).at(Location::field("RXA", 1, 5).component(1)).naming("9999");
        let sentence = finding.sentence();
        assert!(sentence.contains("Vaccine code") && sentence.contains("9999"), "{sentence}");
        assert!(!sentence.contains('{'), "{sentence}");
    }
}
