//! `ipmask(bits|mask[,bits6|mask6])`: the network of an address.
use super::ConvertRow;
use crate::rules::sample::{Kind, Sample};
use crate::rules::{Convert, Cx};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The rows of this file.
pub const ROWS: &[ConvertRow] = &[ConvertRow {
    name: "ipmask",
    args: (1, 2),
    takes: Kind::Addr,
    gives: Kind::Addr,
    doc: "The address with all bits behind the mask cleared; the second length is for IPv6.",
    make,
}];

#[derive(Debug)]
struct Mask {
    v4: u32,
    v6: u128,
}

fn make(args: &[String]) -> Result<Box<dyn Convert>, String> {
    let refused = |a: &String| format!("'{a}' is not a mask");
    let v4 = match (args[0].parse::<u32>(), args[0].parse::<Ipv4Addr>()) {
        (Ok(bits), _) if bits <= 32 => u32::MAX.checked_shl(32 - bits).unwrap_or(0),
        (_, Ok(mask)) => mask.into(),
        _ => return Err(refused(&args[0])),
    };
    let v6 = match args.get(1).filter(|a| !a.is_empty()) {
        None => u128::MAX,
        Some(arg) => match (arg.parse::<u32>(), arg.parse::<Ipv6Addr>()) {
            (Ok(bits), _) if bits <= 128 => u128::MAX.checked_shl(128 - bits).unwrap_or(0),
            (_, Ok(mask)) => mask.into(),
            _ => return Err(refused(arg)),
        },
    };
    Ok(Box::new(Mask { v4, v6 }))
}

impl Convert for Mask {
    fn convert<'c>(&'c self, input: Sample<'c>, _cx: &'c Cx<'_>) -> Option<Sample<'c>> {
        Some(Sample::Addr(match input.as_addr()? {
            IpAddr::V4(a) => IpAddr::V4((u32::from(a) & self.v4).into()),
            IpAddr::V6(a) => IpAddr::V6((u128::from(a) & self.v6).into()),
        }))
    }
}
