%defines
%%
s: ;
