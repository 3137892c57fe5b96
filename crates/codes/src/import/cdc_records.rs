//! One line of a list of CDC, whatever file it came from: what its columns are about, and what they say.

use model::{Cvx, VaccineGroupSet};

use super::facts::{Facts, ManufacturerFacts, PackageFacts, Place, VaccineFacts, VisFacts};
use super::xml::Element;
use super::{Problem, dates};
use crate::vis_documents::is_gdti;
use crate::{CodeSets, Ndc, PackageUnit, VaccineStatus};

/// What a column is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Cvx,
    ShortName,
    FullName,
    Status,
    NonVaccine,
    Mvx,
    MakerName,
    GroupName,
    VisNumber,
    VisName,
    VisEdition,
    SaleNdc,
    SaleName,
    SaleFrom,
    SaleUntil,
    UseNdc,
    UseFrom,
    UseUntil,
}

/// The names that CDC gives its columns and elements, in small letters and without anything between them.
const ROLE_NAMES: [(&str, Role); 45] = [
    ("cvx", Role::Cvx),
    ("cvxcode", Role::Cvx),
    ("cvxvaccinecode", Role::Cvx),
    ("shortdescription", Role::ShortName),
    ("cvxshortdescription", Role::ShortName),
    ("fullvaccinename", Role::FullName),
    ("status", Role::Status),
    ("vaccinestatus", Role::Status),
    ("mvxstatus", Role::Status),
    ("manufacturerstatus", Role::Status),
    ("nonvaccine", Role::NonVaccine),
    ("mvx", Role::Mvx),
    ("mvxcode", Role::Mvx),
    ("manufacturername", Role::MakerName),
    ("vaccinegroupname", Role::GroupName),
    ("vaccinegroup", Role::GroupName),
    ("visfullyencodedtextstring", Role::VisNumber),
    ("visfullyencodedstring", Role::VisNumber),
    ("fullyencodedtextstring", Role::VisNumber),
    ("fullyencodedstring", Role::VisNumber),
    ("visdocumentname", Role::VisName),
    ("visdocumenttypedescription", Role::VisName),
    ("documentname", Role::VisName),
    ("viseditiondate", Role::VisEdition),
    ("editiondate", Role::VisEdition),
    ("salendc11", Role::SaleNdc),
    ("ndcsale", Role::SaleNdc),
    ("saleproprietaryname", Role::SaleName),
    ("salepropname", Role::SaleName),
    ("salestartdate", Role::SaleFrom),
    ("startdate", Role::SaleFrom),
    ("saleenddate", Role::SaleUntil),
    ("enddate", Role::SaleUntil),
    ("usendc11", Role::UseNdc),
    ("ndcuse", Role::UseNdc),
    ("usestartdate", Role::UseFrom),
    ("useunitstartdate", Role::UseFrom),
    ("useenddate", Role::UseUntil),
    ("useunitenddate", Role::UseUntil),
    ("outerpropname", Role::SaleName),
    ("outerstartdate", Role::SaleFrom),
    ("outerenddate", Role::SaleUntil),
    ("useunitpropname", Role::SaleName),
    ("cdcproductname", Role::SaleName),
    ("proprietaryname", Role::SaleName),
];

/// What a column with this heading is about, if it matters here.
pub(super) fn role(heading: &str) -> Option<Role> {
    let plain: String =
        heading.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    ROLE_NAMES.iter().find(|(name, _)| *name == plain).map(|(_, role)| *role)
}

/// The list that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum List {
    Vaccines,
    VaccineGroups,
    Manufacturers,
    Packages,
    VisDocuments,
}

impl List {
    /// The list that has these columns.
    pub(super) fn with(roles: impl Iterator<Item = Role> + Clone) -> Option<List> {
        let has = |wanted: Role| roles.clone().any(|role| role == wanted);
        match () {
            () if has(Role::VisNumber) => Some(List::VisDocuments),
            () if (has(Role::SaleNdc) || has(Role::UseNdc)) && has(Role::Cvx) => Some(List::Packages),
            () if has(Role::Cvx) && has(Role::GroupName) => Some(List::VaccineGroups),
            () if has(Role::Cvx) && has(Role::ShortName) && has(Role::FullName) => Some(List::Vaccines),
            () if has(Role::Mvx) && has(Role::MakerName) => Some(List::Manufacturers),
            () => None,
        }
    }
}

/// One line of a list.
pub(super) struct Record {
    pub(super) line: usize,
    pub(super) values: Vec<(Role, String)>,
}

impl Record {
    fn text(&self, role: Role) -> &str {
        self.values.iter().find(|(known, _)| *known == role).map_or("", |(_, value)| value.trim())
    }

    fn problem(&self, reason: impl Into<String>) -> Problem {
        Problem::new(self.line, reason)
    }

    fn cvx(&self) -> Result<Cvx, Problem> {
        let text = self.text(Role::Cvx);
        Cvx::parse(text).ok_or_else(|| self.problem(format!("\"{text}\" is not a CVX code")))
    }

    fn date(&self, role: Role) -> Result<Option<jiff::civil::Date>, Problem> {
        let text = self.text(role);
        if text.is_empty() {
            return Ok(None);
        }
        let day = dates::parse(text).ok_or_else(|| self.problem(format!("\"{text}\" is not a date")))?;
        Ok((!dates::is_open_end(day)).then_some(day))
    }

    fn required(&self, role: Role, what: &str) -> Result<String, Problem> {
        match self.text(role) {
            "" => Err(self.problem(format!("{what} is missing"))),
            text => without_divider(text).ok_or_else(|| self.problem(format!("{what} may not contain \"|\""))),
        }
    }

    fn place(&self) -> Place {
        Place { file: String::new(), line: self.line }
    }

    /// Takes what the line says into the facts.
    pub(super) fn take(&self, list: List, current: &CodeSets, facts: &mut Facts) -> Result<(), Problem> {
        match list {
            List::Vaccines => self.take_vaccine(facts),
            List::VaccineGroups => self.take_vaccine_group(current, facts),
            List::Manufacturers => self.take_manufacturer(facts),
            List::Packages => self.take_packages(facts),
            List::VisDocuments => self.take_vis_document(facts),
        }
    }

    fn take_vaccine(&self, facts: &mut Facts) -> Result<(), Problem> {
        let status = match self.text(Role::Status) {
            "" => None,
            word => {
                let status = VaccineStatus::parse(word);
                Some(status.ok_or_else(|| self.problem(format!("\"{word}\" is not a status of a vaccine")))?)
            }
        };
        let is_non_vaccine = match self.text(Role::NonVaccine).to_ascii_lowercase().as_str() {
            "" => None,
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            word => return Err(self.problem(format!("\"{word}\" is neither true nor false"))),
        };
        facts.vaccines.entry(self.cvx()?).or_default().merge(VaccineFacts {
            short_name: Some(self.required(Role::ShortName, "the short description")?),
            full_name: without_divider(self.text(Role::FullName)),
            status,
            is_non_vaccine,
            ..VaccineFacts::default()
        });
        Ok(())
    }

    fn take_vaccine_group(&self, current: &CodeSets, facts: &mut Facts) -> Result<(), Problem> {
        let name = self.text(Role::GroupName).to_owned();
        let groups = groups_named(current, [name].into_iter()).map_err(|reason| self.problem(reason))?;
        let vaccine = facts.vaccines.entry(self.cvx()?).or_default();
        vaccine.groups.get_or_insert_default().0 |= groups.0;
        Ok(())
    }

    fn take_manufacturer(&self, facts: &mut Facts) -> Result<(), Problem> {
        let status = self.text(Role::Status);
        let is_active = match VaccineStatus::parse(status) {
            Some(VaccineStatus::Active) => Some(true),
            Some(VaccineStatus::Inactive) => Some(false),
            _ if status.is_empty() => None,
            _ => return Err(self.problem(format!("\"{status}\" is not a status of a manufacturer"))),
        };
        let mvx = self.required(Role::Mvx, "the MVX code")?;
        let name = Some(self.required(Role::MakerName, "the name of the manufacturer")?);
        facts.manufacturers.insert(mvx, ManufacturerFacts { name, is_active });
        Ok(())
    }

    fn take_packages(&self, facts: &mut Facts) -> Result<(), Problem> {
        let cvx = self.cvx()?;
        let units = [
            (PackageUnit::Sale, Role::SaleNdc, Role::SaleFrom, Role::SaleUntil),
            (PackageUnit::Use, Role::UseNdc, Role::UseFrom, Role::UseUntil),
        ];
        for (unit, code, from, until) in units {
            let text = self.text(code);
            let has_none =
                text.is_empty() || text.eq_ignore_ascii_case("no use ndc") || text.eq_ignore_ascii_case("none");
            if has_none {
                continue;
            }
            let ndc = Ndc::parse(text).ok_or_else(|| self.problem(format!("\"{text}\" is not an NDC")))?;
            let dates_are_known = self.values.iter().any(|(known, _)| *known == from);
            let (sold_from, sold_until) = (self.date(from)?, self.date(until)?);
            let package = PackageFacts {
                unit: Some(unit),
                cvx: Some(cvx),
                mvx: without_divider(self.text(Role::Mvx)).filter(|mvx| !mvx.is_empty()),
                trade_name: without_divider(self.text(Role::SaleName)),
                sold_from: dates_are_known.then_some(sold_from),
                sold_until: dates_are_known.then_some(sold_until),
                place: self.place(),
            };
            match facts.packages.get_mut(&ndc) {
                Some(known) if known.unit != Some(unit) => known.join(package),
                _ => drop(facts.packages.insert(ndc, package)),
            }
        }
        Ok(())
    }

    fn take_vis_document(&self, facts: &mut Facts) -> Result<(), Problem> {
        let gdti = self.text(Role::VisNumber);
        if !is_gdti(gdti) {
            return Err(self.problem(format!("\"{gdti}\" is not a document number of 24 digits")));
        }
        let name = self.required(Role::VisName, "the name of the document")?;
        let edition_on = self.date(Role::VisEdition)?;
        let vaccine = if self.text(Role::Cvx).is_empty() { None } else { Some(self.cvx()?) };
        let document = facts.vis_documents.entry(gdti.to_owned()).or_default();
        *document = VisFacts {
            name: Some(name),
            edition_on,
            place: self.place(),
            vaccines: std::mem::take(&mut document.vaccines),
        };
        document.vaccines.extend(vaccine);
        Ok(())
    }
}

/// Reads an XML file of CDC: a list of elements, each with an element for each column or with pairs of `Name` and `Value`.
pub(super) fn read_xml(root: &Element, current: &CodeSets, facts: &mut Facts, problems: &mut Vec<Problem>) {
    let mut list = None;
    for entry in &root.children {
        let record = Record { line: entry.line, values: xml_values(entry) };
        let found = List::with(record.values.iter().map(|(role, _)| *role));
        match found {
            Some(found) if list.is_none_or(|list| list == found) => {
                list = Some(found);
                problems.extend(record.take(found, current, facts).err());
            }
            _ => problems.push(record.problem(format!("<{}> is not an entry of a known list", entry.name))),
        }
    }
    if root.children.is_empty() {
        problems.push(Problem::new(root.line, format!("<{}> is not a known list, or it is empty", root.name)));
    }
}

fn xml_values(entry: &Element) -> Vec<(Role, String)> {
    let mut values: Vec<(Role, String)> = Vec::new();
    let mut name: Option<Role> = None;
    for column in &entry.children {
        match column.name.to_ascii_lowercase().as_str() {
            "name" => name = role(&column.text()),
            "value" => values.extend(name.take().map(|name| (name, column.text()))),
            heading => values.extend(role(heading).map(|role| (role, column.text()))),
        }
    }
    values
}

/// The groups of these names: ours, or CDC's.
pub(super) fn groups_named(current: &CodeSets, names: impl Iterator<Item = String>) -> Result<VaccineGroupSet, String> {
    let mut set = VaccineGroupSet::default();
    for name in names {
        let has_name = |known: &String| plain(known) == plain(&name);
        let mut groups = current.all_vaccine_groups().iter();
        let group = groups.find(|group| has_name(&group.name) || group.other_names.iter().any(has_name));
        set.0 |= group.ok_or_else(|| format!("no vaccine group is called \"{name}\""))?.bit.0;
    }
    Ok(set)
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// A text that can stand in a table of ours, with single spaces; `None` when it holds the divider.
fn without_divider(text: &str) -> Option<String> {
    (!text.contains('|')).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}
