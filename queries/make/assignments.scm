; Name and value of each assignment to a variable; an empty value gives no node.
(variable_assignment
  name: (word) @assignment.name
  value: (text)? @assignment.value) @assignment
