	.include "gen.inc"
