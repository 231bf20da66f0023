"""The policy pack: `pulumi preview --policy-pack policy --policy-pack-config policy/config.json` (docs/policy.md)."""

from baseten_tei.review.policies.pack_process import main

main()
