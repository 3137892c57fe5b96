//! Households: who lives together, how they are related, and what a clinic writes down of each.

use std::collections::VecDeque;

use jiff::civil::Date;
use model::{Address, Coded, DatedCode, Demographics, Identifier, NextOfKin, PersonName, Sex, Telecom};

use super::SyntheticPerson;
use super::dice::{Dice, later};
use super::histories;
use super::names::{self, Group};
use super::places;

const DAYS_OF_A_YEAR: i32 = 365;
/// Of a thousand births so many are of twins: of all people, adults too, one or two of a hundred are.
const TWIN_BIRTHS_PER_THOUSAND: u64 = 12;

/// What the people of a household share.
struct Household {
    group: Group,
    address: Address,
    phone: Telecom,
    language: Coded,
}

/// Someone of a household, before their own history.
pub(super) struct Member {
    demographics: Demographics,
    birth_date: Date,
    /// Eligibility for publicly funded vaccine, HL70064, while a child.
    child_eligibility: &'static str,
}

impl Member {
    /// The person with number, chart number and doses.
    pub(super) fn into_person(self, seed: u64, number: u64, as_of: Date, latest_doses: usize) -> SyntheticPerson {
        let chart = Dice::of(seed, 3, 0).next() % 0xFFFF;
        let mut demographics = self.demographics;
        let chart_number =
            Identifier { kind: "MR".to_owned(), value: format!("{chart:04X}{number}"), ..Identifier::default() };
        demographics.identifiers.insert(0, chart_number);
        let mut dice = Dice::of(seed, 2, number);
        let doses = histories::doses(&mut dice, self.birth_date, as_of, self.child_eligibility, number, latest_doses);
        SyntheticPerson { number, as_of, demographics, doses }
    }
}

/// Adds the people of one household of a seed: all children, and of the adults those whom a registry knows.
pub(super) fn add_members(members: &mut VecDeque<Member>, seed: u64, household: u64, on: Date) {
    let mut dice = Dice::of(seed, 1, household);
    let group =
        [Group::Hispanic, Group::White, Group::Black, Group::Asian, Group::Native][dice.weighted(&[40, 39, 12, 7, 2])];
    let place = places::somewhere(&mut dice);
    let home = Household {
        group,
        address: place.home(&mut dice),
        phone: place.phone(&mut dice),
        language: language(&mut dice, group),
    };
    match dice.percent(70) {
        true => add_family(members, &mut dice, &home, on),
        false => add_couple(members, &mut dice, &home, on),
    }
}

/// A mother, mostly a father, and their children.
fn add_family(members: &mut VecDeque<Member>, dice: &mut Dice, home: &Household, on: Date) {
    let mother_born = later(on, -dice.between(20 * DAYS_OF_A_YEAR, 44 * DAYS_OF_A_YEAR));
    let father_born = later(mother_born, -dice.between(-2 * DAYS_OF_A_YEAR, 6 * DAYS_OF_A_YEAR));
    let maiden = names::family(dice, home.group);
    let father_family = names::family(dice, home.group);
    let is_double = home.group == Group::Hispanic && dice.percent(55);
    let mother_family = if dice.percent(60) && !is_double { father_family.clone() } else { maiden.clone() };
    let mother = names::legal_name(dice, home.group, Sex::F, mother_family.clone());
    let father = dice.percent(78).then(|| names::legal_name(dice, home.group, Sex::M, father_family.clone()));
    let maiden_name = PersonName {
        family: maiden.clone(),
        given: mother.given.clone(),
        kind: "M".to_owned(),
        ..PersonName::default()
    };
    let child_family = match (is_double, &father) {
        (true, _) if maiden != father_family => format!("{father_family} {maiden}"),
        (_, Some(_)) => father_family,
        (_, None) => mother_family,
    };
    let parents = Parents { mother: mother.clone(), father: father.clone(), maiden_name };
    let child_eligibility = ["V02", "V01", "V22", "V03", "V05", "V04"]
        [dice.weighted(&[46, 36, 6, 7, 3, if home.group == Group::Native { 60 } else { 1 }])];
    let mut taken: Vec<String> = Vec::with_capacity(4);
    for birth in births(dice, mother_born, on) {
        let mut child = parents.child(dice, home, &birth, &child_family, &taken, on);
        taken.extend(child.names.iter().map(|name| name.given.clone()));
        if matches!(child_eligibility, "V02" | "V22") {
            child.identifiers.push(Identifier {
                kind: "MA".to_owned(),
                value: format!("{}", dice.between(500_000_001, 799_999_998)),
                authority: "TXMCD".to_owned(),
            });
        }
        members.push_back(Member { demographics: child, birth_date: birth.date, child_eligibility });
    }
    for (name, sex, born) in [(Some(mother), Sex::F, mother_born), (father, Sex::M, father_born)] {
        if let Some(name) = name.filter(|_| dice.percent(35)) {
            members.push_back(adult(dice, home, name, sex, born));
        }
    }
}

/// One or two older people.
fn add_couple(members: &mut VecDeque<Member>, dice: &mut Dice, home: &Household, on: Date) {
    let family = names::family(dice, home.group);
    let born = later(on, -dice.between(30 * DAYS_OF_A_YEAR, 88 * DAYS_OF_A_YEAR));
    let sexes: &[Sex] = match dice.below(3) {
        0 => &[Sex::F],
        1 => &[Sex::M],
        _ => &[Sex::F, Sex::M],
    };
    for &sex in sexes {
        let born = later(born, dice.between(-3 * DAYS_OF_A_YEAR, 3 * DAYS_OF_A_YEAR));
        let mut name = names::legal_name(dice, home.group, sex, family.clone());
        if sex == Sex::M && dice.percent(4) {
            name.suffix = dice.one_of(&["Jr", "Sr", "III"]).to_owned();
        }
        members.push_back(adult(dice, home, name, sex, born));
    }
}

fn adult(dice: &mut Dice, home: &Household, name: PersonName, sex: Sex, birth_date: Date) -> Member {
    let mut demographics = home.resident(dice, name, sex, birth_date);
    if dice.percent(30) {
        demographics.telecoms.push(email(&demographics.names[0], dice));
    }
    Member { demographics, birth_date, child_eligibility: "V01" }
}

/// One child's birth.
struct Birth {
    date: Date,
    /// The place in the order of birth of one of twins.
    order: Option<u8>,
}

/// The children of a household, youngest first: at least nine months apart, unless they are twins.
fn births(dice: &mut Dice, mother_born: Date, on: Date) -> Vec<Birth> {
    let count = 1 + dice.weighted(&[42, 34, 17, 7]);
    let mut births = Vec::with_capacity(count + 1);
    let is_newborn = dice.percent(5);
    let youngest = if is_newborn { dice.between(1, 45) } else { dice.between(40, 15 * DAYS_OF_A_YEAR) };
    let mut date = later(on, -youngest);
    for _ in 0..count {
        if later(date, -17 * DAYS_OF_A_YEAR) < mother_born {
            break;
        }
        match dice.below(1_000) < TWIN_BIRTHS_PER_THOUSAND {
            true => births.extend([1, 2].map(|order| Birth { date, order: Some(order) })),
            false => births.push(Birth { date, order: None }),
        }
        date = later(date, -dice.between(340, 5 * DAYS_OF_A_YEAR));
    }
    if births.is_empty() {
        births.push(Birth { date: later(on, -dice.between(40, DAYS_OF_A_YEAR)), order: None });
    }
    births
}

struct Parents {
    mother: PersonName,
    father: Option<PersonName>,
    maiden_name: PersonName,
}

impl Parents {
    /// A child whose first name none of the children before has.
    fn child(
        &self,
        dice: &mut Dice,
        home: &Household,
        birth: &Birth,
        family: &str,
        taken: &[String],
        on: Date,
    ) -> Demographics {
        let sex = if dice.percent(51) { Sex::M } else { Sex::F };
        let mut name = names::legal_name(dice, home.group, sex, family.to_owned());
        while taken.contains(&name.given) {
            name = names::legal_name(dice, home.group, sex, family.to_owned());
        }
        let is_new = later(birth.date, 4) > on;
        if is_new && dice.percent(30) {
            // The birth hospital does not wait for a name.
            name.given = if sex == Sex::M { "BABY BOY" } else { "BABY GIRL" }.to_owned();
            name.middle = String::new();
        } else if self.father.as_ref().is_some_and(|father| father.given == name.given) && sex == Sex::M {
            name.suffix = "Jr".to_owned();
        }
        let mut child = home.resident(dice, name, sex, birth.date);
        child.mother_maiden_name = Some(self.maiden_name.clone());
        child.multiple_birth = Some(birth.order.is_some());
        child.birth_order = birth.order;
        let parent = |name: &PersonName, relationship: &str| NextOfKin {
            name: name.clone(),
            relationship: relationship.to_owned(),
            address: Some(home.address.clone()),
            telecoms: vec![home.phone.clone()],
        };
        child.next_of_kin.push(parent(&self.mother, "MTH"));
        if let Some(father) = self.father.as_ref().filter(|_| dice.percent(60)) {
            child.next_of_kin.push(parent(father, "FTH"));
        }
        child
    }
}

impl Household {
    /// Someone who lives there.
    fn resident(&self, dice: &mut Dice, name: PersonName, sex: Sex, birth_date: Date) -> Demographics {
        let race = match self.group {
            Group::White | Group::Hispanic => "2106-3",
            Group::Black => "2054-5",
            Group::Asian => "2028-9",
            Group::Native => "1002-5",
        };
        let mut races = vec![race.to_owned()];
        if self.group == Group::Hispanic && dice.percent(25) {
            races[0] = "2131-1".to_owned();
        } else if dice.percent(3) && race != "2076-8" {
            races.push("2076-8".to_owned());
        }
        let ethnicity = if self.group == Group::Hispanic { "2135-2" } else { "2186-5" };
        Demographics {
            names: vec![name],
            birth_date: Some(birth_date),
            sex: Some(sex),
            races,
            ethnicity: Some(ethnicity.to_owned()),
            addresses: vec![self.address.clone()],
            telecoms: vec![self.phone.clone()],
            language: Some(self.language.clone()),
            publicity: Some(DatedCode { code: "02".to_owned(), since: Some(birth_date) }),
            registry_status: Some(DatedCode { code: "A".to_owned(), since: Some(birth_date) }),
            ..Demographics::default()
        }
    }
}

fn language(dice: &mut Dice, group: Group) -> Coded {
    let (code, text) = match (group, dice.below(100)) {
        (Group::Hispanic, 0..=34) => ("spa", "Spanish"),
        (Group::Asian, 0..=19) => ("vie", "Vietnamese"),
        (Group::Asian, 20..=29) => ("zho", "Chinese"),
        _ => ("eng", "English"),
    };
    Coded { code: code.to_owned(), text: text.to_owned(), system: "ISO6392".to_owned() }
}

/// An address of the domain that is kept for examples (RFC 2606).
fn email(name: &PersonName, dice: &mut Dice) -> Telecom {
    let letters: String = name.given.chars().filter(char::is_ascii_alphabetic).collect();
    Telecom {
        value: format!("{}{}@example.com", letters.to_lowercase(), dice.between(10, 9999)),
        usage: "NET".to_owned(),
        equipment: "X.400".to_owned(),
    }
}
