; References to variables and calls of functions, in rule lines, values and includes.
(variable_reference) @reference
