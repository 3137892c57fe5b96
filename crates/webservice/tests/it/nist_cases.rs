//! The SOAP test cases of NIST's immunization tool, where they are at hand.

use std::path::{Path, PathBuf};

use webservice::envelope::{Call, Refusal, read};

/// The folder of the cases, or `None` with a word about it. On a build server it has to be there.
fn cases() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/wsdl/soap-testcases");
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::disallowed_methods, reason = "a test asks whether it runs on a build server")]
    let is_build_server = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!is_build_server, "{} is missing", folder.display());
    println!("skipped: {} is missing", folder.display());
    None
}

#[test]
fn the_envelopes_of_nist_are_read_as_nist_means_them() {
    let Some(folder) = cases() else { return };
    for (file, expected) in [
        ("Connectivity/receiver/SOAPCON_1_BasicMessage_ConnectivityResponse/Request.xml", "echo"),
        ("Connectivity/receiver/SOAPCON_2_SubmitSingleMessage_Response/Request.xml", "submit"),
        ("Connectivity/receiver/SOAPCON_3_FaultDetection-Generation_AuthenticationFault/Request.xml", "submit"),
        ("Connectivity/receiver/SOAPCON_4_FaultDetection-Generation_MessageSizeFault/Request.xml", "submit"),
        ("Connectivity/receiver/SOAPCON_5_FaultDetection-Generation_UnsupportedOp_Fault/Request.xml", "unsupported"),
        ("Connectivity/sender/SOAPCON_1_BasicMessage_ConnectivityRequest/Request.xml", "echo"),
        ("Connectivity/sender/SOAPCON_2_MessageContentDe-capsulation_Connectivity/Request.xml", "echo"),
        ("Connectivity/sender/SOAPCON_3_SubmitSingleMessage_Message/Request.xml", "submit"),
        ("Envelope/generic/SOAPENV_1_Min_Test/Message.xml", "unsupported"),
        ("Envelope/receiver/SOAPENV_1_ConnectivityMessage_Response/Message.xml", "unsupported"),
        ("Envelope/receiver/SOAPENV_4_Security_Fault/Message.xml", "unsupported"),
        ("Envelope/sender/SOAPENV_1_ConnectivityMessage_Request/Message.xml", "echo"),
        ("Envelope/sender/SOAPENV_2_SubmitSingleMessage_Request/Message.xml", "submit"),
    ] {
        let bytes = std::fs::read(folder.join(file)).expect("the case can be read");
        let reading = match read(&bytes, None) {
            Ok(Call::ConnectivityTest { echo_back }) => {
                assert_eq!(echo_back, "Hello world!", "{file}");
                "echo"
            }
            Ok(Call::SubmitSingleMessage(call)) => {
                assert!(call.hl7_message.starts_with("MSH|^~\\&|") && call.hl7_message.contains("\rPID|"), "{file}");
                "submit"
            }
            Err(Refusal::UnsupportedOperation(Some(_))) => "unsupported",
            Err(refusal) => panic!("{file}: {refusal:?}"),
        };
        assert_eq!(reading, expected, "{file}");
    }
}
