//! VXU^V04: everything that the message says of the person and the doses, typed and borrowed, without any judgment.

mod datatypes;
mod segments;

use std::ops::Range;

use model::Segment as SegmentKind;

pub use datatypes::{Ce, Cx, Ei, Hd, Xad, Xcn, Xpn, Xtn};
pub use segments::{Nk1, Obx, Orc, Pd1, Pid, Rxa, Rxr};

use crate::er7::{Message, Segment};

/// A vaccination report as it stands in the message.
#[derive(Clone, Debug, Default)]
pub struct Vxu<'a> {
    /// The person: the first PID.
    pub patient: Option<Pid<'a>>,
    /// PD1.
    pub additional: Option<Pd1<'a>>,
    /// NK1, in their order.
    pub next_of_kin: Vec<Nk1<'a>>,
    /// Order groups, in their order.
    pub orders: Vec<Order<'a>>,
    /// OBX before the first order group.
    pub observations: Vec<Obx<'a>>,
    /// Segments that stand where the guide has none.
    pub misplaced: Vec<Misplaced>,
}

/// One order group: ORC, RXA, RXR and their OBX.
#[derive(Clone, Debug, Default)]
pub struct Order<'a> {
    /// ORC; `None` when RXA stands alone.
    pub order: Option<Orc<'a>>,
    /// RXA; `None` when ORC stands alone.
    pub dose: Option<Rxa<'a>>,
    /// RXR.
    pub route: Option<Rxr<'a>>,
    /// OBX.
    pub observations: Vec<Obx<'a>>,
    /// Where all its segments stand among those of the message.
    pub span: Range<usize>,
}

/// A segment that stands where the guide has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Misplaced {
    /// Its name.
    pub kind: SegmentKind,
    /// Which one of its kind.
    pub sequence: u16,
}

/// Observations that a group is expected to have; room for them saves growing.
const USUAL_OBSERVATION_COUNT: usize = 8;

/// Reads everything that a VXU says about the person and the doses.
///
/// # Source
/// HL7 IG 1.5, chapter 5, structure of VXU^V04^VXU_V04 (profile Z22).
pub fn read<'a>(message: &Message<'a>) -> Vxu<'a> {
    let mut vxu = Vxu::default();
    let order_count = message.segments().iter().filter(|segment| segment.is(b"RXA")).count();
    vxu.orders.reserve_exact(order_count);
    for (place, segment) in message.segments().iter().enumerate() {
        let order_count = vxu.orders.len();
        if message.has_escapes() {
            vxu.take::<true>(message, segment);
        } else {
            vxu.take::<false>(message, segment);
        }
        let begins = vxu.orders.len() > order_count;
        if let Some(order) = vxu.orders.last_mut() {
            order.span = if begins { place } else { order.span.start }..place + 1;
        }
    }
    vxu
}

impl<'a> Vxu<'a> {
    fn take<const DECODES: bool>(&mut self, message: &Message<'a>, segment: &Segment<'a>) {
        match &segment.kind.0 {
            b"PID" if self.patient.is_none() && self.orders.is_empty() => {
                self.patient = Some(Pid::of::<DECODES>(message, segment))
            }
            b"PD1" if self.additional.is_none() && self.is_about_patient() => {
                self.additional = Some(Pd1::of::<DECODES>(message, segment));
            }
            b"NK1" if self.is_about_patient() => self.next_of_kin.push(Nk1::of::<DECODES>(message, segment)),
            b"ORC" if self.patient.is_some() => {
                self.begin_order().order = Some(Orc::of::<DECODES>(message, segment));
            }
            b"RXA" if self.patient.is_some() => self.open_order().dose = Some(Rxa::of::<DECODES>(message, segment)),
            b"RXR" => match self.orders.last_mut().filter(|order| order.dose.is_some() && order.route.is_none()) {
                Some(order) => order.route = Some(Rxr::of::<DECODES>(message, segment)),
                None => self.misplace(segment),
            },
            b"OBX" => self.take_observation::<DECODES>(message, segment),
            name if is_read(name) => self.misplace(segment),
            _ => {}
        }
    }

    fn is_about_patient(&self) -> bool {
        self.patient.is_some() && self.orders.is_empty()
    }

    fn begin_order(&mut self) -> &mut Order<'a> {
        self.orders.push_mut(Order::default())
    }

    /// The order that still waits for its dose; a new one where none does.
    fn open_order(&mut self) -> &mut Order<'a> {
        if self.orders.last().is_none_or(|order| order.dose.is_some()) {
            self.orders.push(Order::default());
        }
        let last = self.orders.len() - 1;
        &mut self.orders[last]
    }

    fn take_observation<const DECODES: bool>(&mut self, message: &Message<'a>, segment: &Segment<'a>) {
        match self.orders.last_mut() {
            Some(order) if order.dose.is_some() => {
                if order.observations.is_empty() {
                    order.observations.reserve_exact(USUAL_OBSERVATION_COUNT);
                }
                order.observations.push(Obx::of::<DECODES>(message, segment));
            }
            None if self.patient.is_some() => self.observations.push(Obx::of::<DECODES>(message, segment)),
            _ => self.misplace(segment),
        }
    }

    fn misplace(&mut self, segment: &Segment<'a>) {
        self.misplaced.push(Misplaced { kind: segment.kind, sequence: segment.sequence });
    }
}

/// Segments that are read where they belong. All others are passed over: those of the guide that say nothing for a registry,
/// those of other messages (EVN, AL1), batch envelopes, and those of a sender's own (Z).
///
/// # Source
/// HL7 IG 1.5, table 3-1: a segment out of order is told, an optional or unexpected one is not.
fn is_read(name: &[u8; 3]) -> bool {
    matches!(name, b"PID" | b"PD1" | b"NK1" | b"ORC" | b"RXA" | b"RXR" | b"OBX")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "MSH|^~\\&|A\rPID|1||7^^^NS&1.2&ISO^MR~8^^^SSA^SS||Cruz&de la^Ana^Lu^Jr^^^L||20200102|F||2106-3^White^CDCREC\
         |1 Oak St&Oak^2^Austin^TX^78701^USA^H^^453||^PRN^PH^^1^512^5551212|||||||||||N|1\rPD1|||||||||||02^any^HL70215|N|20240101|||A|20240102|20240103\r\
         NK1|1|Cruz^Eva^^^^^L|MTH^Mother^HL70063\rOBX|1|CE|59784-9^x^LN|1|38907003^Varicella^SCT||||||F\r\
         ORC|RE|P1^X|F1^Y|||||||9^Nurse^Nan^^^^^NPI^L||77^Doc^Dee^^^^^NPI^L\rRXA|0|1|20240102||08^Hep B^CVX^58160-0820-11^E^NDC|0.5|mL^mL^UCUM||00^New^NIP001|5^Giv^Er^^^^^NPI^L|^^^CLINIC&1.5&ISO||||L\\T\\1|202512|SKB^GSK^MVX|||CP|A\r\
         RXR|C28161^IM^NCIT|LT^Left^HL70163\rOBX|1|CE|64994-7^e^LN|1|V01^n^HL70064||||||F|||20240102\rNTE|1\rOBX|2|DT|29769-7^p^LN|2|20240102\r\
         ORC|RE||F2^Y\rRXR|x\rEVN|1\rRXA|0|1|20240103\rRXA|0|1|20240104\rPID|1\r";

    #[test]
    fn the_escapes_of_every_component_are_decoded() {
        let components =
            |count: usize| (1..=count).map(|number| format!("a\\T\\{number}")).collect::<Vec<_>>().join("^");
        let text = format!(
            "MSH|^~\\&|A\rPID|1||{}|{}|{}|||||{}|{}||{}\rORC|RE||{}|||||||{}\r",
            components(5).replace("4", "4&b\\T\\4"),
            "",
            components(7),
            components(6),
            components(9),
            components(12),
            components(3),
            components(9),
        );
        let message = Message::read(&text);
        let vxu = read(&message);
        let patient = vxu.patient.as_ref().expect("the text has a PID");
        let (number, name) = (&patient.identifiers[0], &patient.names[0]);
        let read: [&[&str]; 7] = [
            &[&number.value, &number.authority.namespace, &number.authority.universal_id, &number.kind],
            &[&name.family, &name.given, &name.middle, &name.suffix, &name.kind],
            &[&patient.races[0].code, &patient.races[0].text, &patient.races[0].system],
            &[&patient.races[0].alternate_code, &patient.races[0].alternate_text, &patient.races[0].alternate_system],
            {
                let at = &patient.addresses[0];
                &[&at.street, &at.unit, &at.city, &at.state, &at.zip, &at.country, &at.kind, &at.county]
            },
            {
                let phone = &patient.telecoms[0];
                let Xtn { formatted, usage, equipment, email, country, area, local, unformatted } = phone;
                &[formatted, usage, equipment, email, country, area, local, unformatted]
            },
            {
                let order = vxu.orders[0].order.as_ref().expect("the text has an ORC");
                let (id, by) = (&order.filler, &order.entered_by);
                &[&id.id, &id.authority.namespace, &id.authority.universal_id, &by.id, &by.family, &by.given]
            },
        ];
        let expected: [&[&str]; 7] = [
            &["a&1", "a&4", "b&4", "a&5"],
            &["a&1", "a&2", "a&3", "a&4", "a&7"],
            &["a&1", "a&2", "a&3"],
            &["a&4", "a&5", "a&6"],
            &["a&1", "a&2", "a&3", "a&4", "a&5", "a&6", "a&7", "a&9"],
            &["a&1", "a&2", "a&3", "a&4", "a&5", "a&6", "a&7", "a&12"],
            &["a&1", "a&2", "a&3", "a&1", "a&2", "a&3"],
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn everything_is_read_into_its_place() {
        let message = Message::read(TEXT);
        let vxu = read(&message);
        let patient = vxu.patient.as_ref().expect("the text has a PID");
        assert_eq!(patient.identifiers.len(), 2);
        assert_eq!(patient.identifiers[0].authority, Hd { namespace: "NS".into(), universal_id: "1.2".into() });
        assert_eq!(
            (&*patient.names[0].family, &*patient.names[0].suffix, &*patient.names[0].kind),
            ("Cruz", "Jr", "L")
        );
        assert_eq!((&*patient.addresses[0].street, &*patient.addresses[0].kind), ("1 Oak St", "H"));
        assert_eq!((&*patient.telecoms[0].area, &*patient.telecoms[0].local), ("512", "5551212"));
        assert_eq!((patient.multiple_birth, patient.birth_order), ("N", "1"));
        let additional = vxu.additional.as_ref().expect("the text has a PD1");
        assert_eq!((additional.protection, additional.protection_since), ("N", "20240101"));
        assert_eq!((additional.registry_status_since, additional.publicity_since), ("20240102", "20240103"));
        assert_eq!(vxu.next_of_kin[0].relationship.code, "MTH");
        assert_eq!(vxu.observations.len(), 1);
        assert_eq!(vxu.orders.len(), 3);
        let order = &vxu.orders[0];
        let dose = order.dose.as_ref().expect("the first order has an RXA");
        assert_eq!((&*dose.vaccine.code, &*dose.vaccine.alternate_code), ("08", "58160-0820-11"));
        assert_eq!((&*dose.lot_number, dose.manufacturer.code.as_ref()), ("L&1", "SKB"));
        assert_eq!(dose.administered_at, Hd { namespace: "CLINIC".into(), universal_id: "1.5".into() });
        assert_eq!((dose.completion, dose.action), ("CP", "A"));
        assert_eq!(order.observations.len(), 2);
        let misplaced: Vec<String> =
            vxu.misplaced.iter().map(|it| format!("{}{}", it.kind.as_str(), it.sequence)).collect();
        assert_eq!(misplaced, ["RXR2", "PID2"]);
        assert!(vxu.orders[1].order.is_some() && vxu.orders[1].dose.is_some());
        assert!(vxu.orders[2].order.is_none() && vxu.orders[2].dose.is_some());
    }
}
