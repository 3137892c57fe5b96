//! Any bytes as a SOAP envelope: read or refused without a panic, with and without a named character set.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for charset in [None, Some("utf-8"), Some("iso-8859-1"), Some("utf-16")] {
        if let Ok(call) = webservice::envelope::read(bytes, charset) {
            let _ = format!("{call:?}").len();
        }
    }
});
