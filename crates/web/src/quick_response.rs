//! QR codes, drawn as one path: a picture for the phone of somebody who sets up an authenticator app.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// The modules of white around a code (ISO/IEC 18004, 9.1).
const QUIET_ZONE: usize = 4;

/// A QR code as the parts of an SVG.
pub(crate) struct QuickResponseCode {
    /// Its width and height in modules, the quiet zone included.
    pub(crate) size: usize,
    /// The dark modules.
    pub(crate) path: String,
}

impl QuickResponseCode {
    /// The code of a text; `None` when it is too long for one.
    pub(crate) fn new(text: &str) -> Option<QuickResponseCode> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (row, modules) in code.to_colors().chunks(width).enumerate() {
            let mut column = 0;
            while column < width {
                let run = modules[column..].iter().take_while(|module| **module == modules[column]).count();
                if modules[column] == Color::Dark {
                    let (x, y) = (column + QUIET_ZONE, row + QUIET_ZONE);
                    write!(path, "M{x} {y}h{run}v1h-{run}z").expect("a string takes everything");
                }
                column += run;
            }
        }
        Some(QuickResponseCode { size: width + 2 * QUIET_ZONE, path })
    }
}
