//! The slips and changes between two records of one person, each with its share.

use model::Sex;

use super::super::dice::{Dice, later};
use super::{SyntheticRecord, move_house, other_family};

/// What can happen, in so many of a thousand second records. They come about independently, as they do.
const SHARES: [(Slip, u64); 20] = [
    (slip_given, 60),
    (slip_family, 50),
    (shorten_given, 40),
    (leave_out_middle, 250),
    (halve_family, 60),
    (join_family, 40),
    (change_family, 25),
    (slip_birth_day, 25),
    (swap_day_and_month, 8),
    (slip_birth_year, 12),
    (move_house, 200),
    (change_phone, 150),
    (slip_street, 80),
    (leave_out_address, 60),
    (write_other_county, 100),
    (mistake_sex, 6),
    (leave_out_mother, 200),
    (leave_out_medicaid, 300),
    (slip_medicaid, 15),
    (swap_names, 4),
];

type Slip = fn(&mut Dice, &mut SyntheticRecord);

pub(super) fn make(dice: &mut Dice, record: &mut SyntheticRecord, is_child: bool) {
    for (slip, per_thousand) in SHARES {
        // Adults marry more often than children are adopted.
        let is_rarer = is_child && std::ptr::fn_addr_eq(slip, change_family as Slip) && dice.percent(60);
        if dice.below(1_000) < per_thousand && !is_rarer {
            slip(dice, record);
        }
    }
}

fn slip_given(dice: &mut Dice, record: &mut SyntheticRecord) {
    if slip(dice, &mut record.demographics.names[0].given) {
        record.slips.push("first name mistyped");
    }
}

fn slip_family(dice: &mut Dice, record: &mut SyntheticRecord) {
    if slip(dice, &mut record.demographics.names[0].family) {
        record.slips.push("surname mistyped");
    }
}

/// One letter left out, doubled, replaced, or two swapped; a name of three letters stays as it is.
fn slip(dice: &mut Dice, text: &mut String) -> bool {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 4 {
        return false;
    }
    let at = 1 + dice.below(letters.len() as u64 - 2) as usize;
    match dice.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        _ => letters[at] = char::from(b'a' + dice.below(26) as u8),
    }
    let slipped: String = letters.into_iter().collect();
    let is_other = slipped != *text;
    *text = slipped;
    is_other
}

/// How people are called.
const SHORT_FORMS: [(&str, &str); 28] = [
    ("Francisco", "Paco"),
    ("Jose", "Pepe"),
    ("Guadalupe", "Lupe"),
    ("Jesus", "Chuy"),
    ("Eduardo", "Lalo"),
    ("Roberto", "Beto"),
    ("Rafael", "Rafa"),
    ("Manuel", "Manny"),
    ("Alejandro", "Alex"),
    ("Daniel", "Danny"),
    ("William", "Bill"),
    ("Robert", "Bob"),
    ("James", "Jim"),
    ("Elizabeth", "Liz"),
    ("Katherine", "Kate"),
    ("Michael", "Mike"),
    ("Benjamin", "Ben"),
    ("Samuel", "Sam"),
    ("Joseph", "Joe"),
    ("Thomas", "Tom"),
    ("Christopher", "Chris"),
    ("Matthew", "Matt"),
    ("Anthony", "Tony"),
    ("Joshua", "Josh"),
    ("Jennifer", "Jenny"),
    ("Stephanie", "Steph"),
    ("Rebecca", "Becky"),
    ("Timothy", "Tim"),
];

fn shorten_given(_: &mut Dice, record: &mut SyntheticRecord) {
    let given = &mut record.demographics.names[0].given;
    if let Some((_, short)) = SHORT_FORMS.iter().find(|(name, _)| name == given) {
        *given = (*short).to_owned();
        record.slips.push("first name shortened");
    }
}

fn leave_out_middle(dice: &mut Dice, record: &mut SyntheticRecord) {
    let middle = &mut record.demographics.names[0].middle;
    if middle.is_empty() {
        return;
    }
    *middle = if dice.percent(50) { String::new() } else { middle.chars().take(1).collect() };
    record.slips.push("second name left out or an initial");
}

/// One half of a double surname, mostly the father's.
fn halve_family(dice: &mut Dice, record: &mut SyntheticRecord) {
    let family = &mut record.demographics.names[0].family;
    if let Some((first, second)) = family.split_once(' ') {
        *family = if dice.percent(75) { first } else { second }.to_owned();
        record.slips.push("half of a double surname");
    }
}

fn join_family(dice: &mut Dice, record: &mut SyntheticRecord) {
    let family = &mut record.demographics.names[0].family;
    if family.contains(' ') {
        *family = family.replace(' ', if dice.percent(70) { "-" } else { "" });
        record.slips.push("double surname joined");
    }
}

fn change_family(dice: &mut Dice, record: &mut SyntheticRecord) {
    record.demographics.names[0].family = other_family(dice);
    record.slips.push("another surname");
}

fn slip_birth_day(dice: &mut Dice, record: &mut SyntheticRecord) {
    let days = [-10, -1, 1, 1, 10][dice.below(5) as usize];
    change_birth_date(record, "birth day mistyped", |born| Some(later(born, days)));
}

fn swap_day_and_month(_: &mut Dice, record: &mut SyntheticRecord) {
    change_birth_date(record, "day and month swapped", |born| {
        jiff::civil::Date::new(born.year(), born.day(), born.month()).ok()
    });
}

fn slip_birth_year(dice: &mut Dice, record: &mut SyntheticRecord) {
    let years = [-10, -1, 1, 10][dice.below(4) as usize];
    change_birth_date(record, "birth year mistyped", |born| {
        jiff::civil::Date::new(born.year() + years, born.month(), born.day()).ok()
    });
}

fn change_birth_date(
    record: &mut SyntheticRecord,
    words: &'static str,
    change: impl Fn(jiff::civil::Date) -> Option<jiff::civil::Date>,
) {
    let known = record.demographics.birth_date;
    let changed = known.and_then(change);
    if changed.is_some() && changed != known {
        record.demographics.birth_date = changed;
        record.slips.push(words);
    }
}

fn change_phone(dice: &mut Dice, record: &mut SyntheticRecord) {
    let number = &mut record.demographics.telecoms[0].value;
    let area: String = number.chars().take(3).collect();
    *number = format!("{area}555{:04}", dice.between(1300, 9899));
    record.slips.push("another phone");
}

fn slip_street(dice: &mut Dice, record: &mut SyntheticRecord) {
    let Some(home) = record.demographics.addresses.first_mut() else { return };
    let (number, street) = home.street.split_once(' ').unwrap_or_default();
    let mut number = number.to_owned();
    let mut street = street.to_owned();
    match dice.below(3) {
        0 => number.push(char::from(b'0' + dice.below(10) as u8)),
        1 => drop(slip(dice, &mut street)),
        _ => street = street.replace(" St", " Street").replace(" Ave", " Avenue").replace(" Dr", " Drive"),
    }
    home.street = format!("{number} {street}");
    record.slips.push("street written otherwise");
}

fn leave_out_address(_: &mut Dice, record: &mut SyntheticRecord) {
    record.demographics.addresses.clear();
    record.slips.push("no address");
}

fn write_other_county(dice: &mut Dice, record: &mut SyntheticRecord) {
    if let Some(home) = record.demographics.addresses.first_mut() {
        home.county = format!("48{:03}", 1 + 2 * dice.below(254));
        record.slips.push("wrong county");
    }
}

fn mistake_sex(_: &mut Dice, record: &mut SyntheticRecord) {
    let sex = &mut record.demographics.sex;
    *sex = Some(if *sex == Some(Sex::F) { Sex::M } else { Sex::F });
    record.slips.push("another sex");
}

fn leave_out_mother(_: &mut Dice, record: &mut SyntheticRecord) {
    let person = &mut record.demographics;
    if person.mother_maiden_name.take().is_some() | !std::mem::take(&mut person.next_of_kin).is_empty() {
        record.slips.push("no mother");
    }
}

fn leave_out_medicaid(_: &mut Dice, record: &mut SyntheticRecord) {
    let before = record.demographics.identifiers.len();
    record.demographics.identifiers.retain(|identifier| identifier.kind != "MA");
    if record.demographics.identifiers.len() < before {
        record.slips.push("no Medicaid number");
    }
}

fn slip_medicaid(dice: &mut Dice, record: &mut SyntheticRecord) {
    if let Some(medicaid) = record.demographics.identifiers.iter_mut().find(|identifier| identifier.kind == "MA") {
        let at = dice.below(medicaid.value.len() as u64) as usize;
        medicaid.value.replace_range(at..=at, &dice.below(10).to_string());
        record.slips.push("Medicaid number mistyped");
    }
}

fn swap_names(_: &mut Dice, record: &mut SyntheticRecord) {
    let name = &mut record.demographics.names[0];
    std::mem::swap(&mut name.given, &mut name.family);
    record.slips.push("first name and surname swapped");
}
