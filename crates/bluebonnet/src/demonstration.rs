//! The demonstration: three organizations with their sites, people who sign in, programs that send, and synthetic
//! people whose histories came in through the intake like anybody's.

mod credentials;
mod organizations;

use std::io;

use jiff::civil::Date;
use registry::{BatchItem, ConsentPolicy, LoadOptions, LoadSummary, NewOrganization, Profile, Registry};

pub(crate) use credentials::Credentials;

use self::organizations::{ORGANIZATIONS, OrganizationPlan, SitePlan};
use crate::ending::Failure;
use crate::synthetic::{Affirmation, SendingSite, SyntheticPeople, SyntheticPerson, vxu};
use crate::{place, world};

/// The people of every demonstration are the same.
const SEED: u64 = 1836;
/// One in so many people is known to a second organization, too.
const SHARED_EVERY: u64 = 8;
/// One in so many of these gave other particulars there, or was mistyped: some of them are possible matches to decide.
const WRITTEN_DOWN_AGAIN_EVERY: u64 = 4 * SHARED_EVERY;
/// The doses that the second organization knows of.
const SHARED_DOSES: usize = 3;

/// Refuses a registry that holds organizations of somebody else.
pub(crate) fn require_room(registry: &Registry) -> Result<(), Failure> {
    let known = registry.organizations(&place::admit(registry)?);
    match known.first() {
        Some(foreign) if !registry.is_demonstration() => Err(Failure::Refused(format!(
            "this registry is no demonstration: it holds {}; give another --data or --database",
            foreign.code
        ))),
        _ => Ok(()),
    }
}

/// Adds the organizations and their sites; those that are there already stay.
pub(crate) fn add_organizations(registry: &Registry) -> Result<(), Failure> {
    let admission = place::admit(registry)?;
    let known: Vec<String> = registry.organizations(&admission).into_iter().map(|known| known.code).collect();
    for organization in &ORGANIZATIONS {
        let plan = SitePlan { code: organization.code, name: organization.name };
        let sites = organization.sites.iter().map(|site| (site, Some(organization.code)));
        for (site, parent) in std::iter::once((&plan, None)).chain(sites) {
            if known.iter().any(|known| known == site.code) {
                continue;
            }
            registry.add_organization(
                &admission,
                NewOrganization {
                    id: model::OrganizationId(world::new_id()),
                    code: site.code.to_owned(),
                    name: site.name.to_owned(),
                    kind: organization.kind,
                    parent_code: parent.map(str::to_owned),
                    aliases: Vec::new(),
                },
            )?;
        }
    }
    Ok(())
}

/// Sends the people of one organization through the intake. `told` hears of every message.
pub(crate) async fn send_people(
    registry: &Registry,
    organization: &'static OrganizationPlan,
    people: u32,
    mut told: impl FnMut(),
) -> Result<LoadSummary, Failure> {
    let admission = place::admit(registry)?;
    let caller = registry.operator(&admission, organization.code)?;
    let on = registry.today(world::now());
    let messages = messages_of(organization, registry.profile().clone(), people, on);
    let options = LoadOptions { writes_answers: false, stamp: world::stamp };
    let loading = registry.load(admission, &caller, messages, options, |_| {
        told();
        Ok(())
    });
    Ok(loading.await?)
}

/// The organizations that send about people.
pub(crate) fn senders() -> impl Iterator<Item = &'static OrganizationPlan> {
    ORGANIZATIONS.iter().filter(|organization| !organization.sites.is_empty())
}

/// The messages of one organization about its people, in the order of the people.
fn messages_of(
    organization: &'static OrganizationPlan,
    profile: Profile,
    people: u32,
    on: Date,
) -> impl Iterator<Item = io::Result<BatchItem>> + Send + 'static {
    SyntheticPeople::new(SEED, on).take(people as usize).filter_map(move |mut person| {
        let home = home_of(&person);
        if home != organization.code {
            let is_shared = person.number.is_multiple_of(SHARED_EVERY) && second_home(home) == organization.code;
            if !is_shared {
                return None;
            }
            if person.number.is_multiple_of(WRITTEN_DOWN_AGAIN_EVERY) {
                person = person.written_down_again(SEED);
            }
            person.doses = person.doses.split_off(person.doses.len().saturating_sub(SHARED_DOSES));
        }
        let site = &organization.sites[(person.number / 3) as usize % organization.sites.len()];
        let site = SendingSite { facility: site.code.to_owned(), application: organization.application.to_owned() };
        let control_id = format!("{}-{}-{on}", organization.code, person.number);
        let consent = affirmation(&profile, &person);
        Some(Ok(BatchItem::Message(vxu(&person, &site, &control_id, consent.as_ref()).into_bytes())))
    })
}

/// Where a person goes: children mostly to the pediatric group, adults mostly to the pharmacy.
fn home_of(person: &SyntheticPerson) -> &'static str {
    let [county, pharmacy, pediatrics, ..] = &ORGANIZATIONS;
    match (person.is_minor(), person.number % 10) {
        (true, 0..6) => pediatrics.code,
        (true, 6..9) | (false, 0..4) => county.code,
        _ => pharmacy.code,
    }
}

fn second_home(home: &str) -> &'static str {
    let [county, pharmacy, ..] = &ORGANIZATIONS;
    if home == county.code { pharmacy.code } else { county.code }
}

/// Consent as the profile asks for it; none where it asks for none.
fn affirmation(profile: &Profile, person: &SyntheticPerson) -> Option<Affirmation> {
    let rules = &profile.consent;
    if rules.policy != ConsentPolicy::OptIn {
        return None;
    }
    let affirmation = Affirmation::texas(person);
    if rules.codes.contains_key(&affirmation.code) {
        return Some(affirmation);
    }
    let fits = |name: &String| {
        rules.kinds.get(name).is_some_and(|kind| {
            let is_for_minors = kind.before_age.is_some_and(|age| age <= 18);
            !kind.covers_events_only
                && (person.is_minor() && kind.from_age == 0 || !person.is_minor() && !is_for_minors)
        })
    };
    let mut codes = rules.codes.iter();
    let (code, _) =
        codes.find(|(_, carried)| carried.status == model::ConsentStatus::Granted && carried.kinds.iter().any(fits))?;
    Some(Affirmation { code: code.clone(), ..affirmation })
}
