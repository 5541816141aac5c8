%{
#include "gram.hh"
%}
%%
