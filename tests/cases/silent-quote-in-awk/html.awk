/^"x/ { n = 1 }
x == "yes" { print "<B>" $0 "</B>"; next; }
#
$0 == "&gt;" { s = "yes"; }
/^"y/ { n = 1 }
