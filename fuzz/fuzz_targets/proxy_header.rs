//! Headers before a connection's own bytes: whatever comes, nothing panics, no more is consumed than is there, a header is the
//! same however it was cut, and what was read can be written and read again.
#![no_main]
use libfuzzer_sys::fuzz_target;
use ringmain::proto::netscaler;
use ringmain::proto::proxy_protocol::{Parsed, TYPE_CRC32C, parse, write_v2};

const MAX: usize = 16_384;

fuzz_target!(|bytes: &[u8]| {
    let _ = netscaler::parse(bytes, 1, MAX);
    let Ok(Parsed::Complete { header, consumed }) = parse(bytes, MAX) else { return };
    assert!(consumed <= bytes.len());
    for cut in 0..consumed {
        assert_eq!(parse(&bytes[..cut], MAX), Ok(Parsed::Partial));
    }
    if header.addresses.is_some() {
        let mut out = Vec::new();
        let extensions = header.extensions.iter().filter(|(kind, _)| *kind != TYPE_CRC32C);
        write_v2(header.addresses, true, extensions, &mut out);
        let Ok(Parsed::Complete { header: again, .. }) = parse(&out, MAX + 7) else { panic!("{out:?}") };
        assert_eq!(again.addresses, header.addresses);
    }
});
