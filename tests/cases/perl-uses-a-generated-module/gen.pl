use strict;
use Names;
