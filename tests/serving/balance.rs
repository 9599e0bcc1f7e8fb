//! Which server gets which request.

use crate::common::ground::Ground;
use crate::{BOTH, DEFAULTS, get, origin};

/// With one thread the order is haproxy's, request by request.
#[test]
fn round_robin_order_is_haproxys() {
    let config = format!(
        "global\n    nbthread 1\n{DEFAULTS}
frontend one
    bind \"127.0.10.1:${{F1}}\"
    default_backend equal
frontend two
    bind \"127.0.10.1:${{F2}}\"
    default_backend weighted
frontend three
    bind \"127.0.10.1:${{F3}}\"
    default_backend static
backend equal
    balance roundrobin
    server a \"${{A}}\"
    server b \"${{B}}\"
    server c \"${{C}}\"
backend weighted
    balance roundrobin
    server a \"${{A}}\" weight 5
    server b \"${{B}}\" weight 1
    server c \"${{C}}\" weight 2
    server d \"${{D}}\" weight 0
backend static
    server a \"${{A}}\" weight 10
    server b \"${{B}}\" weight 20
    server c \"${{C}}\" weight 30 backup
"
    );
    let order = |program| {
        let ground = Ground::new();
        let _proxy = ground.serve(program, 3, &config);
        [1, 2, 3].map(|n| (0..24).map(|_| origin(&get(ground.front(n), "/"))).collect::<String>())
    };
    let wanted = order(crate::Program::Haproxy);
    for program in BOTH {
        assert_eq!(order(program), wanted, "{}", program.name());
    }
}
