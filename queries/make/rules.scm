; Each word of a rule line, with its rule.

; The targets before the colon.
(rule (targets (_) @rule.target)) @rule

; Prerequisites that make a target out of date.
(rule normal: (prerequisites (_) @rule.prerequisite)) @rule

; Prerequisites after the bar.
(rule order_only: (prerequisites (_) @rule.order_only)) @rule

; Static pattern rules: the pattern that takes the target apart, and what it gives.
(rule target: (pattern_list (_) @rule.target_pattern)) @rule
(rule prerequisite: (pattern_list (_) @rule.prerequisite)) @rule
