//! Pure. The authority's certificate as a configuration profile: an iPhone shows such a file with a name and takes it
//! into its settings. Apple, "Configuration Profile Reference", payload `com.apple.security.root`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use uuid::Builder;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The same for the same certificate, so that one that is installed again takes the place of the first.
fn id(fingerprint: &[u8; 32], part: usize) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&fingerprint[part * 16..(part + 1) * 16]);
    Builder::from_custom_bytes(bytes).into_uuid().to_string().to_uppercase()
}

/// A property list; the certificate as DER, its SHA-256, and what the phone calls it.
pub(super) fn profile(certificate: &[u8], fingerprint: &[u8; 32], name: &str) -> String {
    let (name, data) = (escaped(name), BASE64_STANDARD.encode(certificate));
    let (inner, outer) = (id(fingerprint, 0), id(fingerprint, 1));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>lanewatch.trust.{outer}</string>
  <key>PayloadUUID</key><string>{outer}</string>
  <key>PayloadDisplayName</key><string>{name}</string>
  <key>PayloadDescription</key><string>Chứng chỉ của đầu ghi lanewatch. Certificate of the recorder.</string>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>lanewatch.trust.{inner}</string>
      <key>PayloadUUID</key><string>{inner}</string>
      <key>PayloadDisplayName</key><string>{name}</string>
      <key>PayloadCertificateFileName</key><string>lanewatch.crt</string>
      <key>PayloadContent</key><data>{data}</data>
    </dict>
  </array>
</dict>
</plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_xml_with_the_certificate_in_it() {
        let text = profile(b"certificate", &[7; 32], "lanewatch <b> & co");
        let document = roxmltree::Document::parse_with_options(
            &text,
            roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() },
        );
        let document = document.expect("XML");
        let data = document.descendants().find(|n| n.has_tag_name("data")).and_then(|n| n.text());
        assert_eq!(data.map(|d| BASE64_STANDARD.decode(d).expect("base64")), Some(b"certificate".to_vec()));
        assert!(document.descendants().any(|n| n.text() == Some("lanewatch <b> & co")));
        let ids: Vec<_> = document
            .descendants()
            .filter(|n| n.text() == Some("PayloadUUID"))
            .filter_map(|n| n.next_sibling_element()?.text())
            .collect();
        assert_eq!(ids.len(), 2);
        assert_eq!(text, profile(b"certificate", &[7; 32], "lanewatch <b> & co"));
    }
}
