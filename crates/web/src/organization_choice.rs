//! Choosing an organization: of few from a list, of many by writing its code or a part of its name. A state has more
//! than ten thousand, and a list of them all is a megabyte that nobody finds anything in.

use model::{Organization, Right};

use crate::forms::{Choice, Form};
use crate::languages::Language;
use crate::signed_in::SignedIn;

/// Organizations in a list at most; of more one is written.
const LISTED_MAXIMUM: usize = 50;
/// The field, in every form.
pub(crate) const FIELD: &str = "organization";

/// The organizations that somebody may choose from.
pub(crate) struct OrganizationChoice {
    organizations: Vec<Organization>,
}

/// The field as a page shows it.
#[derive(Default)]
pub(crate) struct OrganizationField {
    /// The organizations to choose from; none where one is written.
    pub(crate) choices: Vec<Choice>,
    /// Whether one is written.
    pub(crate) is_written: bool,
}

impl OrganizationField {
    /// Whether there is anything to choose.
    pub(crate) fn is_needed(&self) -> bool {
        self.is_written || self.choices.len() > 1
    }
}

impl OrganizationChoice {
    /// Of those to which the visitor may do something.
    pub(crate) fn within_reach(signed_in: &SignedIn, right: Right) -> OrganizationChoice {
        let organizations = signed_in.registry().within_reach(&signed_in.admission, &signed_in.caller, right);
        OrganizationChoice { organizations }
    }

    /// The same, without those that were stopped: they are looked at still, and get nothing new.
    pub(crate) fn active_within_reach(signed_in: &SignedIn, right: Right) -> OrganizationChoice {
        let mut choice = OrganizationChoice::within_reach(signed_in, right);
        choice.organizations.retain(|organization| organization.is_active);
        choice
    }

    /// The organizations.
    pub(crate) fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// Puts the organization of a code into a form that names none, if it may be chosen, or the only one that there is.
    pub(crate) fn preselect(&self, form: &mut Form, code: &str) {
        let known = self.organizations.iter().find(|organization| organization.code == code);
        let only = self.organizations.first().filter(|_| self.organizations.len() == 1);
        if let Some(organization) = known.or(only).filter(|_| form.value(FIELD).is_empty()) {
            form.set(FIELD, organization.code.as_str());
        }
    }

    /// The field for a page with this form. Where several fit what was written, it is a list of those.
    pub(crate) fn field(&self, form: &Form) -> OrganizationField {
        let mut offered: Vec<&Organization> = self.organizations.iter().collect();
        if offered.len() > LISTED_MAXIMUM && form.has_error(FIELD) {
            let fitting = self.meant(form.value(FIELD).trim());
            if fitting.len() > 1 {
                offered = fitting;
            }
        }
        if offered.len() > LISTED_MAXIMUM {
            return OrganizationField { choices: Vec::new(), is_written: true };
        }
        let choice = |organization: &Organization| {
            Choice::new(&organization.code, format!("{} ({})", organization.name, organization.code))
        };
        OrganizationField { choices: offered.into_iter().map(choice).collect(), is_written: false }
    }

    /// The organization that the form names, whose code the form shows from then on. `None` when it names none, or when
    /// it is not clear which: then the form says so.
    pub(crate) fn chosen(&self, form: &mut Form, language: Language) -> Option<&Organization> {
        let sought = form.value(FIELD).trim().to_owned();
        if sought.is_empty() {
            return None;
        }
        let key = match self.meant(&sought).as_slice() {
            [one] => {
                form.set(FIELD, one.code.as_str());
                return Some(one);
            }
            [] => "organization_choice.unknown",
            several if several.len() > LISTED_MAXIMUM => "organization_choice.many",
            _ => "organization_choice.several",
        };
        form.refuse_with(language, FIELD, key);
        None
    }

    /// Those that a text may mean: whose code or other name it is; otherwise whose name it is, or else is a part of.
    fn meant(&self, text: &str) -> Vec<&Organization> {
        let text = text.to_lowercase();
        let is_text = |name: &String| name.to_lowercase() == text;
        let those = |fits: &dyn Fn(&Organization) -> bool| -> Vec<&Organization> {
            self.organizations.iter().filter(|organization| fits(organization)).collect()
        };
        let by_code = those(&|organization| is_text(&organization.code) || organization.aliases.iter().any(is_text));
        if !by_code.is_empty() {
            return by_code;
        }
        let by_name = those(&|organization| is_text(&organization.name));
        if !by_name.is_empty() {
            return by_name;
        }
        those(&|organization| organization.name.to_lowercase().contains(&text))
    }
}

#[cfg(test)]
mod tests {
    use model::{OrganizationId, OrganizationKind};
    use uuid::Uuid;

    use super::*;

    fn choice(names: &[(&str, &str)]) -> OrganizationChoice {
        let organization = |(place, (code, name)): (usize, &(&str, &str))| Organization {
            id: OrganizationId(Uuid::from_u128(place as u128)),
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            kind: OrganizationKind::Clinic,
            parent_id: None,
            aliases: vec![format!("1.2.{place}")],
            is_active: true,
        };
        OrganizationChoice { organizations: names.iter().enumerate().map(organization).collect() }
    }

    #[test]
    fn one_is_meant_by_code_by_name_or_by_a_part_of_it() {
        let choice = choice(&[
            ("LAKE", "Lakeside Pediatrics"),
            ("LAKE2", "Lakeside Pediatrics, North"),
            ("OAK", "Oak Hill Clinic"),
            ("OAKS", "Five Oaks Pharmacy"),
        ]);
        let cases = [
            ("lake2", Ok(Some("LAKE2"))),
            ("LAKE", Ok(Some("LAKE"))),
            ("1.2.3", Ok(Some("OAKS"))),
            ("lakeside pediatrics", Ok(Some("LAKE"))),
            (" hill ", Ok(Some("OAK"))),
            ("", Ok(None)),
            ("cedar", Err("No organization")),
            ("pediatrics", Err("Several organizations fit")),
        ];
        for (written, expected) in cases {
            let mut form = Form::default();
            form.set(FIELD, written);
            let chosen = choice.chosen(&mut form, Language::English).map(|organization| organization.code.clone());
            match expected {
                Ok(code) => {
                    assert_eq!(chosen.as_deref(), code, "{written}");
                    assert!(!form.has_errors(), "{written}");
                    assert_eq!(form.value(FIELD), code.unwrap_or_default(), "{written}");
                }
                Err(words) => {
                    assert_eq!(chosen, None, "{written}");
                    assert!(form.error(FIELD).contains(words), "{written}: {}", form.error(FIELD));
                    assert_eq!(form.value(FIELD), written, "what was written stands there still");
                }
            }
        }
    }

    #[test]
    fn only_what_is_known_or_leaves_no_choice_is_chosen_beforehand() {
        let (one, two) =
            (choice(&[("OAK", "Oak Hill")]), choice(&[("OFFICE", "Registry Office"), ("OAK", "Oak Hill")]));
        for (choice, named, known, expected) in [
            (&two, "", "OAK", "OAK"),
            (&two, "", "", ""),
            (&two, "", "CEDAR", ""),
            (&two, "OFFICE", "OAK", "OFFICE"),
            (&one, "", "", "OAK"),
        ] {
            let mut form = Form::default();
            form.set(FIELD, named);
            choice.preselect(&mut form, known);
            assert_eq!(form.value(FIELD), expected, "{named:?} {known:?}");
        }
    }

    #[test]
    fn of_many_one_is_written_and_those_that_fit_are_listed() {
        let names: Vec<(String, String)> =
            (0..=LISTED_MAXIMUM).map(|number| (format!("C{number}"), format!("Clinic {number}"))).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|(code, name)| (code.as_str(), name.as_str())).collect();
        let (few, many) = (choice(&names[1..]), choice(&names));
        let shown = |choice: &OrganizationChoice, written: &str| {
            let mut form = Form::default();
            form.set(FIELD, written);
            choice.chosen(&mut form, Language::English);
            let field = choice.field(&form);
            (field.choices.len(), field.is_written, form.has_errors())
        };
        assert_eq!(shown(&few, ""), (LISTED_MAXIMUM, false, false));
        assert_eq!(shown(&many, ""), (0, true, false));
        assert_eq!(shown(&many, "C7"), (0, true, false));
        assert_eq!(shown(&many, "clinic 4"), (0, true, false), "one has this name, although it is a part of others");
        assert_eq!(shown(&many, "nic 4"), (11, false, true), "4 and 40 to 49");
        assert_eq!(shown(&many, "clinic"), (0, true, true), "more than a list takes");
        assert_eq!(shown(&many, "pharmacy"), (0, true, true));
    }
}
