//! Pure. Addresses for phones to scan.

use qrcodegen::{QrCode, QrCodeEcc};

use super::error::Answer;
use crate::base::Error;

/// A QR code (ISO/IEC 18004) as one path, with the quiet zone of four modules.
pub(super) fn qr_svg(text: &str) -> Answer<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)
        .map_err(|e| Error::internal("an address does not fit into a QR code").because(e))?;
    let (size, mut path) = (code.size(), String::new());
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + 4, y + 4));
        }
    }
    let all = size + 8;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all} {all}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0,0h{all}v{all}h-{all}z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finders_and_its_quiet_zone() {
        let svg = qr_svg("http://10.0.0.5:8080/invite#abc").expect("a code");
        // The upper left finder: its first row and the hole beside its eye.
        for x in 4..11 {
            assert!(svg.contains(&format!("M{x},4h1v1h-1z")), "{x}");
        }
        assert!(!svg.contains("M5,5h1") && svg.contains("M6,6h1") && !svg.contains("M3,"));
    }
}
