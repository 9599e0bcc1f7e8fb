//! What is known of a TLS connection (7.3.4, `ssl_…`). Every connection is a plain one until TLS comes, and says of itself what
//! HAProxy says of a plain one: that it is none, and nothing else. So `redirect scheme https if !{ ssl_fc }` works.
use super::{Arg, FetchRow, Make, Nothing, Scope};
use crate::rules::Fetch;
use crate::rules::sample::{Kind, Sample};

const CLIENT: &str = "Of a TLS connection from the client; the connections here are plain.";
const SERVER: &str = "Of a TLS connection to the server; the connections here are plain.";

/// How the words of a group are made, and their arguments.
type Shape = (&'static [Arg], Make);

const NO: Shape = (&[], Make::Plain(|_| Some(Sample::Bool(false))));
const NOTHING: Shape = (&[], Make::Plain(|_| None));
/// `([entry[,occurrence[,format]]])`: a distinguished name, or an entry of it.
const NAME: Shape = (&[Arg::Text, Arg::Int, Arg::Text], Make::With(name));
/// `([filter])`: whether values that stand for nothing are left out.
const FILTER: Shape = (&[Arg::Int], Make::With(|_| Ok(Box::new(Nothing))));

macro_rules! rows {
    ($($of:ident $scope:ident $kind:ident $shape:ident { $($name:literal)* })*) => {
        /// The rows of this file.
        pub const ROWS: &[FetchRow] = &[$($(row($name, $of, Scope::$scope, Kind::$kind, $shape)),*),*];
    };
}

rows! {
    CLIENT Any Bool NO {
        "ssl_fc" "ssl_fc_has_sni" "ssl_fc_is_resumed"
    }
    CLIENT Any Bin FILTER {
        "ssl_fc_cipherlist_hex" "ssl_fc_sigalgs_bin" "ssl_fc_supported_versions_bin"
    }
    CLIENT Any Bin NOTHING {
        "ssl_c_chain_der" "ssl_c_der" "ssl_c_serial" "ssl_c_sha1" "ssl_f_der" "ssl_f_serial" "ssl_f_sha1"
        "ssl_fc_client_random" "ssl_fc_server_random" "ssl_fc_session_id" "ssl_fc_session_key"
        "ssl_fc_unique_id" "ssl_s_chain_der" "ssl_s_der" "ssl_s_serial" "ssl_s_sha1"
    }
    CLIENT Any Bool NOTHING {
        "ssl_c_used" "ssl_fc_early_rcvd" "ssl_fc_has_crt" "ssl_fc_has_early"
    }
    CLIENT Any Int NOTHING {
        "ssl_c_ca_err" "ssl_c_ca_err_depth" "ssl_c_err" "ssl_c_verify" "ssl_c_version" "ssl_f_version"
        "ssl_fc_alg_keysize" "ssl_fc_cipherlist_xxh" "ssl_fc_err" "ssl_fc_protocol_hello_id"
        "ssl_fc_use_keysize" "ssl_s_version"
    }
    CLIENT Any Str FILTER {
        "ssl_fc_cipherlist_bin" "ssl_fc_cipherlist_str" "ssl_fc_eclist_bin" "ssl_fc_extlist_bin"
    }
    CLIENT Any Str NAME {
        "ssl_c_i_dn" "ssl_c_r_dn" "ssl_c_s_dn" "ssl_f_i_dn" "ssl_f_s_dn" "ssl_s_i_dn" "ssl_s_s_dn"
    }
    CLIENT Any Str NOTHING {
        "ssl_c_key_alg" "ssl_c_notafter" "ssl_c_notbefore" "ssl_c_san" "ssl_c_sig_alg" "ssl_f_key_alg"
        "ssl_f_notafter" "ssl_f_notbefore" "ssl_f_sig_alg" "ssl_fc_alpn" "ssl_fc_cipher"
        "ssl_fc_client_early_traffic_secret" "ssl_fc_client_handshake_traffic_secret"
        "ssl_fc_client_traffic_secret_0" "ssl_fc_curve" "ssl_fc_early_exporter_secret" "ssl_fc_ecformats_bin"
        "ssl_fc_err_str" "ssl_fc_exporter_secret" "ssl_fc_npn" "ssl_fc_protocol"
        "ssl_fc_server_handshake_traffic_secret" "ssl_fc_server_traffic_secret_0" "ssl_fc_sni"
        "ssl_s_key_alg" "ssl_s_notafter" "ssl_s_notbefore" "ssl_s_sig_alg"
    }
    SERVER Outcome Bool NO {
        "ssl_bc" "ssl_bc_is_resumed"
    }
    SERVER Any Str NOTHING {
        "ssl_bc_client_early_traffic_secret" "ssl_bc_client_handshake_traffic_secret"
        "ssl_bc_client_traffic_secret_0" "ssl_bc_early_exporter_secret" "ssl_bc_exporter_secret"
        "ssl_bc_server_handshake_traffic_secret" "ssl_bc_server_traffic_secret_0"
    }
    SERVER Outcome Bin NOTHING {
        "ssl_bc_client_random" "ssl_bc_server_random" "ssl_bc_session_id" "ssl_bc_session_key"
        "ssl_bc_unique_id"
    }
    SERVER Outcome Int NOTHING {
        "ssl_bc_alg_keysize" "ssl_bc_err" "ssl_bc_use_keysize"
    }
    SERVER Outcome Str NOTHING {
        "ssl_bc_alpn" "ssl_bc_cipher" "ssl_bc_curve" "ssl_bc_err_str" "ssl_bc_npn" "ssl_bc_protocol"
        "ssl_bc_sni"
    }
}

const fn row(name: &'static str, doc: &'static str, scope: Scope, out: Kind, shape: Shape) -> FetchRow {
    FetchRow { name, aliases: &[], required: 0, args: shape.0, out, scope, doc, make: shape.1 }
}

fn name(args: &[String]) -> Result<Box<dyn Fetch>, String> {
    match args.get(2).map_or("", String::as_str) {
        "" | "rfc2253" => Ok(Box::new(Nothing)),
        _ => Err("only rfc2253 or a blank value are currently supported as the format argument.".to_owned()),
    }
}
