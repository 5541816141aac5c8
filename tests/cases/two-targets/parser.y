%{
int yylex(void);
void yyerror(const char *);
%}
%%
s: ;
%%
int yylex(void) { return 0; }
void yyerror(const char *text) { (void) text; }
