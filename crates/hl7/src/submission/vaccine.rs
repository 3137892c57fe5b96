//! RXA-5: which vaccine, from a CVX code, an NDC, or both, in either triplet.

use model::{Cvx, FindingKind, Location};

use crate::judge::{Judge, is_empty};
use crate::vxu::Ce;

/// The vaccine of a dose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Vaccine {
    /// Its CVX code.
    pub(super) cvx: Cvx,
    /// The NDC as sent.
    pub(super) ndc: Option<String>,
}

/// A code of one triplet, and the component in which it stands.
struct Stated<'e> {
    code: &'e str,
    component: u16,
}

/// Reads RXA-5, without the blanks around its codes; `None` when the dose cannot be used without it, and the findings
/// say why.
///
/// # Source
/// HL7 IG 1.5, RXA-5: CVX, NDC unit of use or NDC unit of sale. HL70292 is what older guides call CVX.
pub(super) fn read_vaccine(judge: &mut Judge<'_>, element: &Ce<'_>, at: Location) -> Option<Vaccine> {
    if is_empty(element.code.trim()) && is_empty(element.alternate_code.trim()) {
        judge.note(FindingKind::VaccineMissing, at, "");
        return None;
    }
    let stated_cvx = stated(element, is_cvx);
    let stated_ndc = stated(element, is_ndc);
    let of_ndc = stated_ndc.as_ref().and_then(|ndc| judge.tables.cvx_of_ndc(ndc.code));
    let of_cvx = stated_cvx.as_ref().and_then(|cvx| Cvx::parse(cvx.code)).filter(|cvx| judge.tables.has_cvx(*cvx));
    let ndc = stated_ndc.as_ref().map(|ndc| ndc.code.to_owned());
    match (of_cvx, of_ndc) {
        (Some(cvx), None) => {
            if let Some(unknown) = stated_ndc {
                judge.note(FindingKind::NdcUnknown, at.component(unknown.component), unknown.code);
            }
            Some(Vaccine { cvx, ndc })
        }
        (Some(cvx), Some(other)) => {
            if cvx != other && !is_kind_of(judge, other, cvx) {
                judge.note(FindingKind::VaccineCodesDisagree, at, format!("CVX {cvx}, NDC of CVX {other}"));
            }
            Some(Vaccine { cvx, ndc })
        }
        (None, Some(cvx)) => {
            if let Some(unknown) = stated_cvx {
                judge.note(FindingKind::ValueNotInTable, at.component(unknown.component), unknown.code);
            }
            Some(Vaccine { cvx, ndc })
        }
        (None, None) => {
            let first = Stated { code: &element.code, component: 1 };
            let unknown = stated_cvx.or(stated_ndc).unwrap_or(first);
            judge.note(FindingKind::VaccineUnknown, at.component(unknown.component), unknown.code);
            None
        }
    }
}

/// Whether a product is of the family that an unspecified code names.
fn is_kind_of(judge: &Judge<'_>, product: Cvx, family: Cvx) -> bool {
    judge.tables.is_unspecified(family)
        && (family == Cvx::UNKNOWN
            || judge.tables.vaccine_groups(product).overlaps(judge.tables.vaccine_groups(family)))
}

fn stated<'e>(element: &'e Ce<'_>, is_of_system: fn(&str, &str) -> bool) -> Option<Stated<'e>> {
    [(&element.code, &element.system, 1), (&element.alternate_code, &element.alternate_system, 4)]
        .map(|(code, system, component)| (code.trim(), system.trim(), component))
        .into_iter()
        .find(|(code, system, _)| !is_empty(code) && is_of_system(system, code))
        .map(|(code, _, component)| Stated { code, component })
}

/// The system says so; where there is none, the code looks like one.
fn is_cvx(system: &str, code: &str) -> bool {
    matches!(system, "CVX" | "cvx" | "HL70292" | "2.16.840.1.113883.12.292")
        || (system.is_empty() && Cvx::parse(code).is_some())
}

fn is_ndc(system: &str, code: &str) -> bool {
    let looks_like_ndc = || code.len() >= 10 && code.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    system.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("NDC"))
        || system == "2.16.840.1.113883.6.69"
        || (system.is_empty() && looks_like_ndc())
}
