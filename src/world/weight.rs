//! Weights as operators and agents write them.
use super::World;
use crate::base::ids::ServerId;
use crate::base::units::leading_number;

impl World {
    /// A server's new weight: an absolute one, or one in percent of the configured one.
    ///
    /// # Errors
    /// What is wrong with it, in HAProxy's words.
    pub fn read_weight(&self, id: ServerId, text: &str) -> Result<u32, &'static str> {
        let server = self.plan.server(id);
        let weight = new_weight(text, server.weight)?;
        if weight > 0 && weight != server.weight && !self.plan.backend(server.backend).balance.is_dynamic() {
            return Err("Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n");
        }
        Ok(weight)
    }
}

fn new_weight(text: &str, initial: u32) -> Result<u32, &'static str> {
    if text.is_empty() {
        return Err("Require <weight> or <weight%>.\n");
    }
    let Some((value, rest)) = leading_number(text) else {
        return Err("Empty weight string empty or preceded by garbage");
    };
    if rest == "%" {
        let percent = u64::try_from(value).map_err(|_| "Relative weight must be positive.\n")?;
        return Ok((u64::from(initial) * percent.min(25_600) / 100).min(256) as u32);
    }
    match u32::try_from(value) {
        Ok(weight) if weight <= 256 && rest.is_empty() => Ok(weight),
        Ok(weight) if weight <= 256 => Err("Trailing garbage in weight string"),
        _ => Err("Absolute weight can only be between 0 and 256 inclusive.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::new_weight;

    /// As HAProxy 2.6.12 answered for a server of `weight 10`.
    #[test]
    fn weights_are_read_as_haproxy_does() {
        let oks = [("5%", 0), ("15%", 1), ("50%", 5), ("30000%", 256), ("+7", 7), ("0", 0), ("256", 256)];
        for (text, weight) in oks {
            assert_eq!(new_weight(text, 10), Ok(weight), "{text}");
        }
        for (text, says) in [
            ("", "Require <weight> or <weight%>.\n"),
            ("-5%", "Relative weight must be positive.\n"),
            ("%", "Empty weight string empty or preceded by garbage"),
            ("abc", "Empty weight string empty or preceded by garbage"),
            ("12abc", "Trailing garbage in weight string"),
            ("5%x", "Trailing garbage in weight string"),
            ("-1", "Absolute weight can only be between 0 and 256 inclusive.\n"),
            ("99999999999999999999999", "Absolute weight can only be between 0 and 256 inclusive.\n"),
        ] {
            assert_eq!(new_weight(text, 10), Err(says), "{text}");
        }
    }
}
